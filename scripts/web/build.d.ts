/** What a browser may have to load for one page, compressed, bytes. */
export const transferMax: number;
/** Names of the pages. */
export function pageNames(): string[];
/** Builds all pages into `folder`. */
export function buildWeb(folder: string): Promise<void>;
