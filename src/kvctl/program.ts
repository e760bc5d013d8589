/** Words of a command line, parsed by commander, carried out, their failures told in kvctl's own form. */
import { Command, CommanderError } from "commander";
import { TerrariumError } from "../base/errors.ts";
import { describe, report, type ShownFailure, usage } from "./failures.ts";
import type { Output } from "./ports.ts";
import { Interruption } from "./waiting.ts";

/** Name of the shell's program, which its help does not show. */
const shellName = "shell";

/** An empty program that throws instead of exiting and prints through `out`. Subcommands inherit both. */
export function newProgram(out: Output, inShell: boolean): Command {
  const program = new Command(inShell ? shellName : "kvctl");
  if (inShell) program.configureHelp({ commandUsage: (c) => `${c.parent === null ? "" : `${c.name()} `}${c.usage()}` });
  return program
    .exitOverride()
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => out.write(text),
      // The help that comes with a missing command.
      writeErr: (text) => {
        if (!out.json) out.note(text.trimEnd());
      },
      // Errors are thrown too, and reported there.
      outputError: () => undefined,
    });
}

/** Runs `words` and reports what fails. Returns the exit code; an `Interruption` passes through. */
export async function runWords(program: Command, words: readonly string[], out: Output): Promise<number> {
  try {
    checkWords(program, words);
    await program.parseAsync([...words], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof Interruption) throw error;
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const failure = error instanceof CommanderError ? usageFailure(error, program, words) : describe(error);
    report(out, failure);
    return failure.exitCode;
  }
}

/** What commander would let pass. */
function checkWords(program: Command, words: readonly string[]): void {
  // Where a word is no valid UTF-8 this stands in place of the bytes, and they are lost.
  const mangled = words.find((word) => word.includes("\ufffd"));
  if (mangled !== undefined) {
    const hint = "what is no UTF-8 goes in as data from standard input (-) or from a file (@file), byte for byte";
    throw usage(`the argument ${JSON.stringify(mangled)} is not valid UTF-8, or contains U+FFFD`, hint);
  }
  const [first, name] = words;
  if (first !== "help" || name === undefined || name.startsWith("-") || name === "help") return;
  if (program.commands.some((command) => command.name() === name || command.aliases().includes(name))) return;
  throw usage(`unknown command '${name}'`, program.name() === shellName ? "see `help`" : "see `kvctl help`");
}

/** Whether --json is among the words; errors of parsing must know it too. */
export function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? words.length : end).includes("--json");
}

function usageFailure(error: CommanderError, program: Command, words: readonly string[]): ShownFailure {
  const message = error.code === "commander.help" ? "the command is missing" : error.message.replace(/^error: /, "");
  const [first = "", ...rest] = message.split("\n");
  const suggestion = rest.join(" ").replace(/^\(Did you mean (.*)\?\)$/, "did you mean `$1`? ");
  const name = words.find((word) => program.commands.some((command) => command.name() === word));
  const help = program.name() === shellName ? ["help", name] : ["kvctl", name, "--help"];
  const see = `see \`${help.filter((word) => word !== undefined).join(" ")}\``;
  const [, unknown = ""] = /^unknown command '(.*)'$/.exec(first) ?? [];
  const elsewhere = namesElsewhere.get(unknown);
  const meant = elsewhere === undefined ? suggestion : `did you mean \`${elsewhere}\`? `;
  return describe(new TerrariumError("USAGE", first, `${meant}${advice[error.code] ?? ""}${see}`));
}

/** What people type who know ZooKeeper, etcd, Consul or a shell. */
const namesElsewhere: ReadonlyMap<string, string> = new Map([
  ["cat", "get"],
  ["read", "get"],
  ["mk", "create"],
  ["mkdir", "create"],
  ["touch", "create"],
  ["add", "create"],
  ["write", "set"],
  ["update", "set"],
  ["rmr", "delete -r"],
  ["deleteall", "delete -r"],
  ["rmdir", "delete"],
  ["remove", "delete"],
  ["dir", "ls"],
  ["list", "ls"],
  ["ls2", "ls -l"],
  ["tree", "ls -R"],
  ["exists", "stat"],
  ["getEphemerals", "ephemerals"],
  ["getAllChildrenNumber", "count"],
  ["du", "count"],
  ["members", "member list"],
  ["endpoint", "health"],
  ["ping", "health"],
  ["backup", "snapshot save"],
  ["repl", "shell"],
]);

const advice: Readonly<Record<string, string>> = {
  "commander.unknownOption": "data that starts with a dash goes after `--`; ",
  "commander.excessArguments": "data with blanks needs quotes; ",
};
