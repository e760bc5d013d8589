/** `kvctl completion`, and what its scripts ask. */
import type { Command } from "commander";
import { credentialsOf } from "./access.ts";
import { type CommandRunner, declare, firstWords } from "./commands/command.ts";
import { offersFor } from "./completion.ts";
import { type Env, resolveEndpoints } from "./endpoints.ts";
import { usage } from "./failures.ts";
import type { Cluster, KvSession, Output } from "./ports.ts";
import { completeCommand, completionScript, filesWanted, shells } from "./shell-scripts.ts";
import { completionPatienceMs, vocabularyOf } from "./vocabulary.ts";

/** What completion needs of the process. */
export interface CompletionWorld {
  readonly env: Env;
  readonly root: string | undefined;
  /** The words with which this program was called. */
  readonly self: readonly string[];
  readonly interrupt: AbortSignal;
  readonly connectTo: (endpoints: readonly string[]) => Cluster;
}

/** Adds `completion` and the hidden `__complete`; `exit` gets an exit code other than 0. */
export function registerCompletion(
  program: Command,
  host: CommandRunner,
  world: CompletionWorld,
  out: Output,
  exit: (code: number) => void,
): void {
  const command = declare(program, host, "completion", {
    summary: "print a completion script for your shell",
    description: [
      `Prints a script that lets bash, zsh or fish complete kvctl's commands, options and the cluster's paths. It calls
kvctl as you did now, so that an alias will do.`,
    ],
    examples: ["source <(kvctl completion bash)", "kvctl completion fish | source"],
  })
    .argument("<shell>", shells.join(", "))
    .action((shell: string) => {
      const script = completionScript(shell, world.self);
      if (script === undefined)
        throw usage(`there is no completion for '${shell}'`, `there is for ${shells.join(", ")}`);
      out.write(script);
    });
  firstWords.set(command, shells);
  program
    .command(completeCommand, { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const found = await offers(program, words, world);
      if (found === "files") exit(filesWanted);
      else for (const offer of found) out.write(`${offer}\n`);
    });
}

async function offers(
  program: Command,
  words: readonly string[],
  world: CompletionWorld,
): Promise<readonly string[] | "files"> {
  const text = words.at(-1) ?? "";
  const { plain, endpoints, auth, openValue } = withoutOptions(words.slice(0, -1));
  if (openValue) return [];
  let opened: Promise<KvSession> | undefined;
  const session = () => {
    opened ??= world
      .connectTo(resolveEndpoints(endpoints, world.env, world.root))
      .open(completionPatienceMs, world.interrupt, credentialsOf(auth, world.env));
    return opened;
  };
  const found = await offersFor(plain, text, vocabularyOf(program, session));
  await opened?.then((open) => open.close({ timeoutMs: completionPatienceMs })).catch(() => undefined);
  return found.words.length === 0 && takesFile(plain) ? "files" : found.words;
}

/** Whether the next word is the name of a file. */
function takesFile([command, ...words]: readonly string[]): boolean {
  if (command === "load") return words.length === 0;
  return (command === "snapshot" || command === "dump") && words.length > 0;
}

/** The words of a command line without options and their values; where the cluster is, if they say so. */
function withoutOptions(words: readonly string[]) {
  const plain: string[] = [];
  let endpoints: string | undefined;
  const auth: string[] = [];
  let option = "";
  for (const word of words) {
    if (option !== "") {
      if (option === "--endpoints") endpoints = word;
      if (option === "--auth") auth.push(word);
      option = "";
    } else if (["--endpoints", "--timeout", "--version", "--ttl", "--auth", "--acl"].includes(word)) option = word;
    else if (word.startsWith("--auth=")) auth.push(word.slice("--auth=".length));
    else if (word.startsWith("--endpoints=")) endpoints = word.slice("--endpoints=".length);
    else if (!word.startsWith("-")) plain.push(word);
  }
  return { plain, endpoints, auth, openValue: option !== "" };
}
