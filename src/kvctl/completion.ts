/** What Tab offers: commands, their options, and the paths that the cluster has. */
import { childPath, parentPath } from "./arguments.ts";
import { quoteWord, wordAtEnd } from "./lexer.ts";

/** What the shell knows to complete with. */
export interface Vocabulary {
  readonly commands: readonly string[];
  /** Long options of a command. */
  options(command: string): readonly string[];
  /** Names under a path; none where it cannot be read in time. */
  children(path: string): Promise<readonly string[]>;
}

/** Offers at most. */
const offersMax = 1_000;

/** As readline wants it: what may stand in place of the end of `line`, and that end. */
export async function complete(line: string, vocabulary: Vocabulary): Promise<[string[], string]> {
  const word = wordAtEnd(line);
  if (word === undefined) return [[], line];
  const { before, text, raw, open } = word;
  const [command] = before;
  const done = (words: readonly string[]): string[] => words.filter((w) => w.startsWith(text)).map((w) => `${w} `);
  if (command === undefined) return [done(vocabulary.commands), raw];
  if (command === "help" && before.length === 1) return [done(vocabulary.commands), raw];
  if (text.startsWith("-")) return [done(vocabulary.options(command)), raw];
  if (!text.startsWith("/")) return [[], raw];
  const paths = await completePath(text, vocabulary);
  // Readline can only append: an offer must begin with what was typed, quotes and all.
  const offers = paths.map((path) => quoteWord(path, open)).filter((offer) => offer.startsWith(raw));
  return [offers.slice(0, offersMax), raw];
}

async function completePath(text: string, vocabulary: Vocabulary): Promise<string[]> {
  const parent = parentPath(text);
  const siblings = await vocabulary.children(parent);
  const paths = siblings.map((name) => childPath(parent, name)).filter((path) => path.startsWith(text));
  const [only] = paths;
  if (paths.length !== 1 || only === undefined) return paths;
  // One match: go on below it, if there is anything.
  const below = await vocabulary.children(only);
  if (below.length === 0) return [only];
  return only === text ? below.map((name) => childPath(only, name)) : [`${only}/`];
}
