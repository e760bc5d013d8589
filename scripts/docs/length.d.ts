export interface Length {
  readonly words?: number;
  readonly lines?: number;
}
export const speed: { readonly words: number; readonly lines: number };
export function lengthOfPage(text: string): { readonly words: number; readonly lines: number };
export function linesOfSource(text: string): number;
export function row(what: string, length: Length): string;
export function lengths(root: string): string[];
export function unfitLength(text: string): string | undefined;
