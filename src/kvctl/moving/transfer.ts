/** A subtree of one tree, moved below a znode of another: what `import` and `export` have in common. */
import { emptyBytes } from "../../base/bytes.ts";
import { TerrariumError } from "../../base/errors.ts";
import { parentPath } from "../arguments.ts";
import { result } from "../format.ts";
import type { Context } from "../ports.ts";
import { whilePatient } from "../waiting.ts";
import { Mover } from "./move.ts";
import type { PlaceOptions } from "./place.ts";
import { withProgress } from "./progress.ts";
import type { MoveTally } from "./tally.ts";
import { missingRoot, rerooted, type SeenZnode, type SourceTree, type TargetTree, ZnodeRefusal } from "./trees.ts";
import { type LeftOut, walk } from "./walk.ts";

/** A znode, and where it is: `text` is the path as a person would give it. */
export interface EndOfTransfer<T> {
  readonly tree: T;
  readonly path: string;
  readonly text: string;
}

export interface TransferOptions extends PlaceOptions {
  /** Numbers of sequences go on where they are. */
  readonly counters: boolean;
}

/** Moves all at and below `from` to `to`, and prints what came of it. Rejects where something was not moved. */
export async function transfer(
  context: Context,
  verb: "import" | "export",
  from: EndOfTransfer<SourceTree>,
  to: EndOfTransfer<TargetTree>,
  options: TransferOptions,
): Promise<void> {
  const mover = new Mover(context, to.tree, options);
  const { tally } = mover;
  const behind: { readonly path: string; readonly everHad: number }[] = [];
  let total: number | undefined;
  if (context.out.status !== undefined) total = await from.tree.count(from.path).catch(() => undefined);
  const see = (path: string, seen: SeenZnode): void => {
    if (seen.everHad <= seen.numChildren) return;
    const there = rerooted(path, from.path, to.path);
    if (options.counters) behind.push({ path: there, everHad: seen.everHad });
    else if (seen.children.some(isOfSequence)) tally.counts.countersBehind++;
  };
  const leaveOut = (path: string, why: LeftOut, reason?: string): void => {
    if (path === from.path && why === "gone") throw missingRoot(from.text);
    leftOut(tally, path, why, reason);
  };
  const standing = () => ({ done: tally.done, total: total === undefined ? undefined : total + 1 });
  await complete(context, tally, verb, async () => {
    await withProgress(context.out, `${verb}ing`, standing, async () => {
      for await (const znode of walk(from.tree, from.path, { leaveOut, see })) {
        context.signal.throwIfAborted();
        if (znode.path === from.path) await makeParents(to, options, tally);
        await mover.take({ ...znode, path: rerooted(znode.path, from.path, to.path) });
      }
      await mover.settled();
      for (const { path, everHad } of behind) await raise(to.tree, path, everHad, options, tally);
    });
  });
  const begin = options.dryRun ? `would ${verb} ${from.text} to ${to.text}` : `${verb}ed ${from.text} to ${to.text}`;
  conclude(context, tally, begin, { from: from.text, to: to.text, dryRun: options.dryRun });
}

/** Prints what came of a move. Throws where something was not moved. */
export function conclude(
  context: Context,
  tally: MoveTally,
  begin: string,
  fields: Readonly<Record<string, unknown>>,
): void {
  result(context.out, `${begin}: ${tally.words}`, { ...fields, ...tally.counts });
  const note = tally.counterNote;
  if (note !== undefined) context.out.note(`kvctl: ${note}`);
  if (!tally.incomplete) return;
  const { different, failed } = tally.counts;
  throw new TerrariumError("INCOMPLETE", `not all is there: ${different} differ, ${failed} could not be moved`);
}

/** Runs a move. What ends it early is told with how far it has come. */
export async function complete(
  context: Context,
  tally: MoveTally,
  verb: string,
  task: () => Promise<void>,
): Promise<void> {
  try {
    await whilePatient(task(), context.signal);
  } catch (error) {
    if (tally.done > 0) context.out.note(`kvctl: so far: ${tally.words}; ${verb} again goes on from there`);
    throw error;
  }
}

/** What of a source is not moved, in the tally. */
export function leftOut(tally: MoveTally, path: string, why: LeftOut, reason: string | undefined): void {
  if (why === "refused") tally.problem("failed", path, reason ?? "it cannot be read");
  else if (why === "ephemeral") tally.counts.ephemerals++;
  else tally.counts[why]++;
}

/** Makes what is missing above the place where all goes: plain znodes without data. */
export async function makeParents(
  { tree, path }: EndOfTransfer<TargetTree>,
  { dryRun }: PlaceOptions,
  tally: MoveTally,
): Promise<void> {
  const missing: string[] = [];
  for (let above = parentPath(path); above !== "/" && !(await isThere(tree, above)); above = parentPath(above))
    missing.unshift(above);
  if (path === "/") return;
  for (const parent of missing) {
    const znode = { path: parent, data: emptyBytes, kind: "persistent", ttlMs: 0, acl: undefined } as const;
    try {
      if (!dryRun) await tree.create(znode);
    } catch (error) {
      if (!(error instanceof ZnodeRefusal)) throw error;
      throw new TerrariumError("INCOMPLETE", `${parent}, above it, cannot be made: ${error.message}`);
    }
    tally.counts.parents++;
  }
}

/** What may not be read is there. */
async function isThere(tree: TargetTree, path: string): Promise<boolean> {
  try {
    return (await tree.read(path)) !== undefined;
  } catch (error) {
    if (error instanceof ZnodeRefusal) return true;
    throw error;
  }
}

/** Names that a sequence gives end in ten digits. */
function isOfSequence(name: string): boolean {
  return /\d{10}$/.test(name);
}

/** Sees to it that a sequence goes on with the number that it has at its source, at least. */
async function raise(
  target: TargetTree,
  path: string,
  everHad: number,
  { dryRun }: PlaceOptions,
  tally: MoveTally,
): Promise<void> {
  try {
    const there = await target.read(path);
    const by = everHad - (there?.everHad ?? everHad);
    if (by <= 0) return;
    if (!dryRun) await target.countOn(path, by);
    tally.counts.countersRaised++;
  } catch (error) {
    if (!(error instanceof ZnodeRefusal)) throw error;
    tally.problem("failed", path, `its counter stays behind: ${error.message}`);
  }
}
