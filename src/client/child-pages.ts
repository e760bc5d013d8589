/** The children of a znode page by page, for those that are too many for one answer. */
import { checkOptions } from "./checks.ts";
import type { ChildPage, ChildPagesOptions, NodeChildren } from "./options.ts";

/** Asks for the page behind the name `after`. */
export type AskPage = (options: ChildPagesOptions, after: string) => Promise<ChildPage>;

/** The pages, each asked for when the one before has been used: see `TerrariumClient.childPages`. */
export async function* pagesOf(ask: AskPage, options: ChildPagesOptions): AsyncGenerator<ChildPage, void, undefined> {
  const {
    after = "",
    watch,
    ...others
  } = checkOptions(options, ["timeoutMs", "signal", "local", "watch", "limit", "after"]);
  // The watch is armed once, with the first page.
  let page = await ask({ ...others, watch }, after);
  yield page;
  for (let last = page.children.at(-1); page.more && last !== undefined; last = page.children.at(-1)) {
    page = await ask(others, last);
    yield page;
  }
}

/** All pages as one list: see `TerrariumClient.children` for what it shows. */
export async function allPages(ask: AskPage, options: ChildPagesOptions): Promise<NodeChildren> {
  let whole: { children: string[]; stat: ChildPage["stat"]; zxid: ChildPage["zxid"] } | undefined;
  for await (const { children, stat, zxid } of pagesOf(ask, options)) {
    // Another znode has taken the first one's place: its list begins with its own first page.
    if (whole !== undefined && whole.stat.czxid !== stat.czxid) return allPages(ask, options);
    whole ??= { children: [], stat, zxid };
    for (const name of children) whole.children.push(name);
  }
  return whole ?? allPages(ask, options);
}
