/** The children of a znode as commands walk over them: a page at a time, however many there are. */
import type { ChildPage, ChildPagesOptions } from "../client/index.ts";
import { childPath } from "./arguments.ts";
import { hasCode } from "./failures.ts";
import type { KvSession } from "./ports.ts";

/** Names of a page: some dozens of them may be in memory at once. */
export const pageNames = 1_000;

/** The first page of a znode's children. Rejects as the session's `childPages` does. */
export async function firstPage(session: KvSession, path: string, options: ChildPagesOptions): Promise<ChildPage> {
  for await (const page of session.childPages(path, options)) return page;
  throw new Error("a listing has at least one page");
}

/** The paths of a znode's children, page by page. One that goes meanwhile, or is gone, has none. */
export async function* pathsBelow(session: KvSession, path: string): AsyncGenerator<string[], void, undefined> {
  try {
    for await (const { children } of session.childPages(path, { limit: pageNames }))
      yield children.map((name) => childPath(path, name));
  } catch (error) {
    if (!hasCode(error, "NO_NODE")) throw error;
  }
}
