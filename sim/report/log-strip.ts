/** A server's log on one line: `[1:t1* 2:t1+ 3:t2~]`. */
import type { ServerView } from "../world/view.ts";

/** What the marks behind an entry say. */
export const stripLegend = "log: index:tTerm; * applied, + committed, ~ not on disk yet";

/** The last `max` entries of a running server's log with their terms; "" for one that does not run. */
export function logStrip({ node }: Pick<ServerView, "node">, max = 6): string {
  if (node === undefined) return "";
  const { raft, machine } = node;
  const { lastIndex, commitIndex, durableIndex } = raft.status();
  const base = raft.logBase.index;
  const first = Math.max(base + 1, lastIndex - max + 1);
  const parts = first > 1 ? [`…${first - 1}`] : [];
  for (let index = first; index <= lastIndex; index++) {
    const applied = index <= machine.appliedIndex ? "*" : index <= commitIndex ? "+" : "";
    parts.push(`${index}:t${raft.termAt(index)}${applied}${index > durableIndex ? "~" : ""}`);
  }
  return `[${parts.join(" ")}]`;
}
