export function anchorOf(heading: string): string;
export function anchorsOf(text: string): Set<string>;
export function linksOf(text: string): { readonly line: number; readonly target: string; readonly anchor?: string }[];
