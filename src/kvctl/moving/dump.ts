/** A subtree as lines. */
import type { Context } from "../ports.ts";
import { whilePatient } from "../waiting.ts";
import { dumpLine } from "./dump-lines.ts";
import { withProgress } from "./progress.ts";
import { TerrariumTree } from "./terrarium-tree.ts";
import { missingRoot } from "./trees.ts";
import { type LeftOut, walk } from "./walk.ts";

export interface DumpCounts {
  readonly znodes: number;
  readonly ephemerals: number;
  readonly gone: number;
  /** Named on the way. */
  readonly refused: number;
}

/** Writes a line for each znode at and below `path`. */
export async function dumpTree(
  context: Context,
  path: string,
  write: (line: string) => Promise<void>,
): Promise<{ readonly counts: DumpCounts; readonly words: string }> {
  const counts = { znodes: 0, ephemerals: 0, gone: 0, refused: 0 };
  const leaveOut = (of: string, why: LeftOut, reason?: string): void => {
    if (of === path && why === "gone") throw missingRoot(path);
    if (why === "ephemeral") counts.ephemerals++;
    else if (why === "gone") counts.gone++;
    else if (why === "refused") {
      counts.refused++;
      context.out.note(`kvctl: ${of}: ${reason ?? "it cannot be read"}`);
    }
  };
  const task = async (): Promise<void> => {
    const tree = await TerrariumTree.open(context);
    const total = context.out.status === undefined ? undefined : await tree.count(path);
    const standing = () => ({ done: counts.znodes, total: total === undefined ? undefined : total + 1 });
    await withProgress(context.out, "dumping", standing, async () => {
      for await (const znode of walk(tree, path, { leaveOut })) {
        context.signal.throwIfAborted();
        counts.znodes++;
        await write(`${dumpLine(znode)}\n`);
      }
    });
  };
  await whilePatient(task(), context.signal);
  return { counts, words: wordsOf(counts) };
}

function wordsOf({ znodes, ephemerals, gone, refused }: DumpCounts): string {
  const parts = [
    `${znodes.toLocaleString("en")} written`,
    ...(ephemerals > 0 ? [`${ephemerals.toLocaleString("en")} ephemeral, left out`] : []),
    ...(refused > 0 ? [`${refused.toLocaleString("en")} that could not be read`] : []),
    ...(gone > 0 ? [`${gone.toLocaleString("en")} deleted meanwhile`] : []),
  ];
  return parts.join(", ");
}
