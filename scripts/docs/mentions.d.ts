export function filesNamedIn(
  text: string,
): { readonly line: number; readonly path: string; readonly symbol?: string }[];
export function scriptsNamedIn(text: string): { readonly line: number; readonly script: string }[];
export function declares(text: string, symbol: string): boolean;
