/** What Tab offers, in our shell and in the user's: commands, their options, and the paths that the cluster has. */
import { childPath, parentPath } from "./arguments.ts";
import { quoteWord, wordAtEnd } from "./lexer.ts";

/** What there is to complete with. */
export interface Vocabulary {
  readonly commands: readonly string[];
  /** What may come first after a command: its subcommands, or words that it knows; none where anything may. */
  firstWords(command: string): readonly string[];
  /** Long options of a command, or of a subcommand. */
  options(command: string, sub: string | undefined): readonly string[];
  /** Names under a path; none where it cannot be read in time. */
  children(path: string): Promise<readonly string[]>;
}

/** Offers at most. */
const offersMax = 1_000;

/** What may stand in place of a word. */
export interface Offers {
  readonly words: readonly string[];
  /** The word is a path, which may go on; other words end with a blank. */
  readonly arePaths: boolean;
}

/** As readline wants it: what may stand in place of the end of `line`, and that end. */
export async function complete(line: string, vocabulary: Vocabulary): Promise<[string[], string]> {
  const word = wordAtEnd(line);
  if (word === undefined) return [[], line];
  const { before, text, raw, open } = word;
  const { words, arePaths } = await offersFor(before, text, vocabulary);
  if (!arePaths) return [words.map((offer) => `${offer} `), raw];
  // Readline can only append: an offer must begin with what was typed, quotes and all.
  const offers = words.map((path) => quoteWord(path, open)).filter((offer) => offer.startsWith(raw));
  return [offers, raw];
}

/** What may stand for `text` behind the words `before`. */
export async function offersFor(before: readonly string[], text: string, vocabulary: Vocabulary): Promise<Offers> {
  const [command, first] = before;
  const plain = (words: readonly string[]): Offers => ({
    words: words.filter((word) => word.startsWith(text)),
    arePaths: false,
  });
  if (command === undefined) return plain(vocabulary.commands);
  if (text.startsWith("-")) return plain(vocabulary.options(command, first));
  if (before.length === 1) {
    const known = command === "help" ? vocabulary.commands : vocabulary.firstWords(command);
    if (known.length > 0) return plain(known);
  }
  if (!text.startsWith("/")) return plain([]);
  return { words: (await completePath(text, vocabulary)).slice(0, offersMax), arePaths: true };
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
