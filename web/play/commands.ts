/** The console of a client: what kvctl's commands mean as steps of a plan. */
import type { Step } from "../../sim/plan/plan.ts";
import { shown } from "../picture/shown.ts";

/** What a line means, or a sentence on why it means nothing. */
export type Command = { readonly step: Step } | { readonly sentence: string };

/** Shown when somebody asks for help. */
export const commandsHelp =
  "create [-e] [-s] PATH [DATA] · get [-w] [--local] PATH · set PATH DATA [--version N] · delete PATH [--version N] · " +
  "ls [-w] PATH · stat [-w] PATH · sync · close · reconnect · move";

const textMax = 4_096;

const names: readonly string[] = ["create", "get", "set", "delete", "ls", "stat", "sync", "close", "reconnect", "move"];

/** Reads a line. Names and options are kvctl's, with `close`, `reconnect` and `move` for what ends a session or a stream. */
export function readCommand(line: string): Command {
  const words = wordsOf(line);
  if (words === undefined) return { sentence: "A quotation mark has no other to match it." };
  const [name = "", ...rest] = words;
  const flags = new Set<string>();
  const plain: string[] = [];
  let version = -1;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? "";
    if (word === "--version") {
      version = Number(rest[++i] ?? "");
      if (!Number.isInteger(version) || version < -1)
        return { sentence: "A version is a whole number, or -1 for any." };
    } else if (/^-[a-z]{2,}$/.test(word)) for (const letter of word.slice(1)) flags.add(`-${letter}`);
    else if (word.startsWith("-") && word !== "-") flags.add(longName(word));
    else plain.push(word);
  }
  const wrong = unknownFlag(name, flags);
  if (wrong !== undefined) return { sentence: `${name} has no option ${wrong}.` };
  return commandOf(name, plain, flags, version);
}

const flagsOf: Readonly<Record<string, readonly string[]>> = {
  create: ["-e", "-s"],
  get: ["-w", "--local"],
  ls: ["-w", "--local"],
  stat: ["-w", "--local"],
};

function unknownFlag(name: string, flags: ReadonlySet<string>): string | undefined {
  const known = Object.hasOwn(flagsOf, name) ? (flagsOf[name] ?? []) : [];
  return [...flags].find((flag) => !known.includes(flag));
}

function longName(word: string): string {
  const short: Readonly<Record<string, string>> = { "--ephemeral": "-e", "--sequential": "-s", "--watch": "-w" };
  return Object.hasOwn(short, word) ? (short[word] ?? word) : word;
}

function commandOf(name: string, plain: readonly string[], flags: ReadonlySet<string>, version: number): Command {
  const [path = "", data = ""] = plain;
  if (name === "" || name === "help") return { sentence: commandsHelp };
  if (!names.includes(name)) return { sentence: `There is no command ${shown(name, 40)}. ${commandsHelp}` };
  const needsPath = ["create", "get", "set", "delete", "ls", "stat"].includes(name);
  if (needsPath && !path.startsWith("/"))
    return { sentence: `${name} needs a path that begins with /, as ${name} /a.` };
  if (path.length > textMax || data.length > textMax)
    return { sentence: `Paths and data in a plan have at most ${textMax} characters.` };
  if (plain.length > (name === "create" || name === "set" ? 2 : needsPath ? 1 : 0))
    return { sentence: "That is more than the command takes; data with blanks stands in quotation marks." };
  const read = {
    kind: "read",
    path,
    local: flags.has("--local"),
    watch: flags.has("-w"),
    limit: 0,
    after: "",
  } as const;
  switch (name) {
    case "create":
      return { step: { kind: "create", path, data, ephemeral: flags.has("-e"), sequential: flags.has("-s") } };
    case "set":
      if (plain.length < 2) return { sentence: "set needs data behind the path, as set /a 1." };
      return { step: { kind: "setData", path, data, version } };
    case "delete":
      return { step: { kind: "delete", path, version } };
    case "get":
      return { step: { ...read, read: "getData" } };
    case "ls":
      return { step: { ...read, read: "getChildren" } };
    case "stat":
      return { step: { ...read, read: "exists" } };
    case "close":
    case "reconnect":
    case "move":
      return { step: { kind: name } };
    default:
      return { step: { kind: "sync" } };
  }
}

/** Words, of which those in quotation marks may have blanks; undefined if a mark is missing. */
function wordsOf(line: string): string[] | undefined {
  const words: string[] = [];
  const pattern = /\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/gy;
  let end = 0;
  for (let match = pattern.exec(line); match !== null; match = pattern.exec(line)) {
    words.push(match[1] ?? match[2] ?? match[3] ?? "");
    end = pattern.lastIndex;
  }
  return line.slice(end).trim() === "" ? words : undefined;
}
