/** A kept block of a page. */
export interface Block {
  readonly line: number;
  readonly kind: "code" | "run" | "session" | "shown";
  readonly what: string;
  readonly body: string | undefined;
  readonly from: number;
  readonly to: number;
}
export interface Run {
  readonly command: string;
  readonly from: string | undefined;
  readonly lines: number;
}
export function blocksOf(text: string): Block[];
export function unkeptOf(text: string): number[];
export function withBodies(text: string, blocks: readonly Block[], bodies: readonly (string | undefined)[]): string;
export function codeBody(what: string, read: (path: string) => string | undefined): string;
export function runOf(what: string): Run;
export function shownPart(printed: string, run: Pick<Run, "from" | "lines">): string;
export function normalised(text: string): string;
