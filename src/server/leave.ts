/** A graceful stop: clients should not notice. */

import { setTimeout as sleep } from "node:timers/promises";
import type { DoorLog } from "../doors/door-log.ts";
import type { Node } from "../node/node.ts";
import { beginTransfer, transferEnd } from "./administration.ts";

const pollMs = 2;
/** How long requests that are under way may take to be answered, ms. */
const answersMaxMs = 500;

/** Hands leadership over, if this server leads and somebody can take it, and lets what is under way be answered. */
export async function leaveInOrder(node: Node, electionTimeoutMs: number, log: DoorLog): Promise<void> {
  if (!node.raft.isLeader) return;
  const signal = AbortSignal.timeout(2 * electionTimeoutMs);
  try {
    if ((await beginTransfer(node, undefined, signal)) !== "accepted") return;
    await transferEnd(node, signal);
  } catch {
    log.warn({}, "nobody took over leadership in time");
    return;
  }
  log.info({ leader: node.raft.leader }, "handed leadership over");
  for (const end = performance.now() + answersMaxMs; node.hasProposals && performance.now() < end; )
    await sleep(pollMs);
}
