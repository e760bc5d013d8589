/** `npm run lab`: the book's exercises on the real code. */

import { exitCodes, print, runCommand, UsageError } from "../sim/cli/command.ts";
import { closest } from "../src/client/spelling.ts";
import { allLabs } from "./catalogue.ts";
import { gradeBug, plantBug, seedOf, solveBug } from "./cli/bug.ts";
import { grade, hint, labOf, list, reset, solution, start } from "./cli/commands.ts";
import { tryLeague } from "./cli/league.ts";
import { play } from "./cli/play.ts";
import { gradeSolutions } from "./cli/solutions.ts";

const usage = `npm run lab                    lists the labs and what you have passed
npm run lab -- start NAME      puts the files to write into my-labs/NAME, with the task
npm run lab -- check NAME      grades them: types, the tests of the rule, runs in the simulator
npm run lab -- check --solutions
                               grades the code as it is as the answer to each lab, and times it
npm run lab -- hint NAME       the next of three hints
npm run lab -- solution NAME   the code as it is, beside yours
npm run lab -- reset NAME      begins anew; what you have is put aside
npm run lab -- bug [--seed N]  plants a bug, shows what comes of it, and asks for the mend; check, play and solution take
                               its name too, such as bug-7
npm run lab -- league ID PLAN  whether a plan of yours kills a bug of docs/open-league.md
npm run lab -- play NAME …     the run that failed, with your code and the options of npm run sim (--story, --diagram)
Exit code: 0 fine, or passed · 1 not passed · 2 bad arguments
`;

const commands = ["list", "start", "check", "hint", "solution", "reset", "play", "bug", "league", "help"] as const;

async function main(args: readonly string[]): Promise<number> {
  const [command = "list", name, ...rest] = args;
  if (["help", "--help", "-h"].includes(command)) {
    print(usage);
    return exitCodes.fine;
  }
  if (!commands.some((one) => one === command)) throw new UsageError(unknownCommand(command));
  if (command === "list" && name !== undefined)
    throw new UsageError(`"list" takes nothing besides, and not "${name}".`);
  if (command === "list") return list();
  if (command === "bug") return await plantBug(args.slice(1));
  if (command === "league") return await tryLeague(args.slice(1));
  if (name === undefined) throw new UsageError(`Which lab? npm run lab -- ${command} NAME; "npm run lab" lists them.`);
  if (command === "check" && name === "--solutions" && rest.length === 0) return await gradeSolutions();
  if (seedOf(name) !== undefined) return await doBug(command, name, rest);
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

async function doBug(command: string, name: string, rest: readonly string[]): Promise<number> {
  if (command === "play") return await play(name, rest);
  if (command === "check") return await gradeBug(name);
  if (command === "solution") return solveBug(name);
  throw new UsageError(`A planted bug takes check, play and solution; a new one comes with: npm run lab -- bug`);
}

function unknownCommand(word: string): string {
  const seed = seedOf(word);
  if (seed !== undefined) return `What is to be done with ${word}? It begins with: npm run lab -- bug --seed ${seed}`;
  if (allLabs.some(({ name }) => name === word))
    return `What is to be done with ${word}? It begins with: npm run lab -- start ${word}`;
  const meant = closest(word, commands);
  return `There is no command "${word}": ${meant === undefined ? `they are ${commands.join(", ")}.` : `did you mean "${meant}"?`}`;
}

await runCommand(main);
