/** A word, string or sign of TypeScript. */
export interface Token {
  readonly type: "word" | "string" | "template" | "regex" | "punctuation";
  readonly value: string;
  readonly line: number;
  /** Where it begins in the text; of a template, its first character behind the backtick or the brace. */
  readonly at: number;
}

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

export function roomOf(path: string): string | undefined;
export function tokenize(text: string): Token[];
export function importsOf(tokens: readonly Token[]): Import[];
export function checkFile(path: string, text: string): string[];
export function checkRooms(): string[];
/** The circles of imports: each a list of paths that lead to the next and the last to the first. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][];
/** One name for one thing: what two files export under the same name. `texts`: path and text of each file. */
export function namesWithTwoMeanings(texts: Iterable<readonly [path: string, text: string]>): string[];
