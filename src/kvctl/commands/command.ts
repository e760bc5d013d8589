/** What all commands share: how they are declared to commander and handed to whoever runs them. */
import { type Command, Option } from "commander";
import type { Context } from "../ports.ts";

/** What a command does, given its world. */
export type Body = (context: Context) => Promise<void>;

/** Options that every command takes; in the shell only `json`. */
export interface CommonOptions {
  readonly endpoints?: string;
  readonly timeout?: string;
  readonly auth?: readonly string[];
  readonly json?: boolean;
}

/** Who runs the commands: the CLI or the shell. */
export interface CommandRunner {
  readonly inShell: boolean;
  run(options: CommonOptions, body: Body): Promise<void>;
}

/** Adds one command to `program`. */
export type Register = (program: Command, host: CommandRunner) => void;

/** Words that may come first after a command which has no subcommands, for completion. */
export const firstWords = new WeakMap<Command, readonly string[]>();

/** How a command presents itself. Examples are lines of a shell. */
export interface Presentation {
  readonly summary: string;
  /** Paragraphs. The lines of each are joined, for commander to wrap, unless one is indented: then it stays as it is. */
  readonly description: readonly string[];
  readonly examples: readonly string[];
}

/** Declares a command with its common options and its examples. */
export function declare(program: Command, host: CommandRunner, usage: string, presentation: Presentation): Command {
  const description = presentation.description
    .map((paragraph) => (/^ /m.test(paragraph) ? paragraph : paragraph.replaceAll("\n", " ")))
    .join("\n\n");
  const command = program.command(usage).summary(presentation.summary).description(description);
  const examples = host.inShell ? examplesInShell(presentation.examples) : presentation.examples;
  command.addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}`).join("\n")}`);
  return command;
}

/** Our shell has no pipes and redirections, and its cluster is fixed. */
function examplesInShell(examples: readonly string[]): string[] {
  return examples
    .filter((line) => line.startsWith("kvctl ") && !/ (?:[|>]|&&) | --endpoints /.test(line))
    .map((line) => line.slice("kvctl ".length));
}

/** Adds the common options, after a command's own ones so that help lists them last. */
export function addCommonOptions(command: Command, inShell: boolean): Command {
  if (!inShell) {
    command.addOption(
      new Option("--endpoints <list>", "servers' client ports as host:port,host:port (default: the local cluster)"),
    );
    command.addOption(
      new Option(
        "--auth <credential>",
        "who you are, digest:USER:PASSWORD; again for more (better: KVCTL_AUTH)",
      ).argParser(collected),
    );
    command.addOption(
      new Option("--timeout <duration>", "patience for the session and for each answer: 500ms, 5s, 2m (default: 5s)"),
    );
  }
  return command.addOption(new Option("--json", "print one JSON object a line, errors included"));
}

/** For an option that may be given several times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The common options in effect: a command's own, else those before its name. */
export function commonOptions(command: Command): CommonOptions {
  return { ...command.parent?.opts<CommonOptions>(), ...command.opts<CommonOptions>() };
}

/** Text of a helping page about data arguments. */
export const aboutData =
  "Data: text as it is (UTF-8), - for standard input and @file for a file, both byte for byte and at most 1 MiB, @@text for text that starts with @.";
