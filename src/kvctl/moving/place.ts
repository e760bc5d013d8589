/** How one znode is put where it belongs, whatever has its name there. */
import { aclEqual, openAcl } from "../../base/acl.ts";
import { bytesEqual } from "../../base/bytes.ts";
import type { MoveOutcome, MoveTally } from "./tally.ts";
import { type MovedZnode, type TargetTree, type ThereZnode, ZnodeRefusal } from "./trees.ts";

/** Tries against others who change the same znode. */
const roundsMax = 5;

export interface PlaceOptions {
  /** Different data and lists there are replaced. */
  readonly overwrite: boolean;
  /** Nothing is changed; it is told what would be. */
  readonly dryRun: boolean;
}

/** What is known of the parent: made by this run, or there before; undefined: nothing. */
export type ParentState = "fresh" | "there" | "lacking" | undefined;

/** Puts a znode there, and tells what came of it. Rejects only with what ends the whole move. */
export async function placeZnode(
  target: TargetTree,
  znode: MovedZnode,
  parent: ParentState,
  options: PlaceOptions,
  tally: MoveTally,
): Promise<MoveOutcome> {
  const problem = (outcome: "different" | "failed", sentence: string): MoveOutcome => {
    tally.problem(outcome, znode.path, sentence);
    return outcome;
  };
  if (parent === "lacking") return problem("failed", "its parent could not be made");
  try {
    const outcome = await tried(target, znode, parent, options);
    if (typeof outcome !== "string") return problem(outcome.outcome, outcome.sentence);
    tally.count(outcome);
    return outcome;
  } catch (error) {
    if (error instanceof ZnodeRefusal) return problem("failed", error.message);
    throw error;
  }
}

interface Trouble {
  readonly outcome: "different" | "failed";
  readonly sentence: string;
}

async function tried(
  target: TargetTree,
  znode: MovedZnode,
  parent: ParentState,
  { overwrite, dryRun }: PlaceOptions,
): Promise<MoveOutcome | Trouble> {
  // Below what this run has made there is nothing yet; elsewhere to look costs less than to try.
  let there = parent === "fresh" ? undefined : await target.read(znode.path);
  let replaced = false;
  for (let round = 0; round < roundsMax; round++) {
    if (there === undefined) {
      if (dryRun) return "created";
      const made = await target.create(znode);
      if (made === "created") return made;
      if (made === "missing") return { outcome: "failed", sentence: "its parent is not there" };
    } else {
      const difference = differenceOf(znode, there);
      if (difference !== undefined) return { outcome: "different", sentence: difference };
      const data = !bytesEqual(znode.data, there.data);
      const acl = !aclEqual(znode.acl ?? openAcl, there.acl ?? openAcl);
      if (!data && !acl) return replaced ? "overwritten" : "same";
      if (!overwrite) return { outcome: "different", sentence: `it is there with ${others(data, acl)}` };
      if (dryRun) return "overwritten";
      // The data first: by the new list it may be that nobody here sets them.
      const set = data && (await target.set(znode.path, znode.data, there.version));
      replaced ||= set;
      if ((set || !data) && (!acl || (await target.setAcl(znode.path, znode.acl, there.aversion))))
        return "overwritten";
    }
    there = await target.read(znode.path);
  }
  return { outcome: "failed", sentence: "others go on changing it" };
}

/** What keeps it from being made the same: a sentence, or undefined. */
function differenceOf(znode: MovedZnode, there: ThereZnode): string | undefined {
  if (there.kind === "ephemeral") return "an ephemeral has its name there";
  if (znode.kind !== undefined && there.kind !== undefined && znode.kind !== there.kind)
    return `it is ${names[znode.kind]}, and ${names[there.kind]} there`;
  if (znode.kind === "ttl" && there.kind === "ttl" && znode.ttlMs !== there.ttlMs)
    return `its time to live is ${znode.ttlMs} ms, and ${there.ttlMs} ms there`;
  return undefined;
}

/** With what it is there, one of which at least is another. */
function others(data: boolean, acl: boolean): string {
  if (!data) return "another access control list (--overwrite replaces it)";
  return acl ? "other data and another list (--overwrite replaces them)" : "other data (--overwrite replaces them)";
}

const names = {
  persistent: "persistent",
  ephemeral: "ephemeral",
  container: "a container",
  ttl: "one with a time to live",
} as const;
