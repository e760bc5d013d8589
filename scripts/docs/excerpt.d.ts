export function excerptOf(text: string, name: string, withDoc?: boolean): string | undefined;
/** Where the body of a function, or the value of a constant, stands in `text`. */
export function bodyOf(text: string, name: string): { readonly from: number; readonly to: number } | undefined;
/** First and last line of a declaration with its doc comment, from 1. */
export function linesOf(text: string, name: string): { readonly first: number; readonly last: number } | undefined;
