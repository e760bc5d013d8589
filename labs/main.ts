/** `npm run lab`: the book's exercises on the real code. */

import { exitCodes, print, runCommand, UsageError } from "../sim/cli/command.ts";
import { closest } from "../src/client/spelling.ts";
import { grade, hint, labOf, list, reset, solution, start } from "./cli/commands.ts";
import { play } from "./cli/play.ts";

const usage = `npm run lab                    lists the labs and what you have passed
npm run lab -- start NAME      puts the files to write into my-labs/NAME, with the task
npm run lab -- check NAME      grades them: types, the tests of the rule, runs in the simulator
npm run lab -- hint NAME       the next of three hints
npm run lab -- solution NAME   the code as it is, beside yours
npm run lab -- reset NAME      begins anew; what you have is put aside
npm run lab -- play NAME …     the run that failed, with your code and the options of npm run sim (--story, --diagram)
Exit code: 0 fine, or passed · 1 not passed · 2 bad arguments
`;

const commands = ["list", "start", "check", "hint", "solution", "reset", "play", "help"] as const;

async function main(args: readonly string[]): Promise<number> {
  const [command = "list", name, ...rest] = args;
  if (["help", "--help", "-h"].includes(command)) {
    print(usage);
    return exitCodes.fine;
  }
  if (!commands.some((one) => one === command)) throw new UsageError(unknownCommand(command));
  if (command === "list") return list();
  if (name === undefined) throw new UsageError(`Which lab? npm run lab -- ${command} NAME; "npm run lab" lists them.`);
  const lab = labOf(name);
  if (command === "play") return await play(name, rest);
  if (rest.length > 0)
    throw new UsageError(`"${command}" takes the name of one lab, and not "${rest.join(" ")}" besides.`);
  switch (command) {
    case "start":
      return start(lab);
    case "check":
      return await grade(lab);
    case "hint":
      return hint(lab);
    case "solution":
      return solution(lab);
    default:
      return reset(lab);
  }
}

function unknownCommand(word: string): string {
  const meant = closest(word, commands);
  return `There is no command "${word}": ${meant === undefined ? `they are ${commands.join(", ")}.` : `did you mean "${meant}"?`}`;
}

await runCommand(main);
