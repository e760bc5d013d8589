/**
 * Servers whose disk hangs, or that apply more slowly than the others commit. Raft keeps its promises without any help:
 * nothing that was not written counts. What it needs help with is to go on: whose disk hangs is no good leader, nor will it
 * be one, and what waits for the disk, or to be applied, waits in memory.
 */
import type { RaftState } from "./state.ts";

/**
 * Whether the disk hangs: something is to be written, and for an election timeout nothing has become durable. A server
 * like that does not campaign, since its own vote would never count, and promises its vote to nobody who asks (thesis
 * §9.6): the election would only raise the term.
 */
export function diskHangs(state: RaftState): boolean {
  return state.durability.stalledMs(state.now) >= state.options.electionTimeoutMs;
}

/**
 * Whether the log may grow by so many bytes: what waits for the disk is bounded, and what is committed and waits to be
 * applied, at a leader and at a follower. A message or batch, however large, always has its turn when nothing waits.
 */
export function hasRoomFor(state: RaftState, bytes: number): boolean {
  return diskHasRoomFor(state, bytes) && mayWaitToBeApplied(state, bytes);
}

function diskHasRoomFor({ log, durability, options }: RaftState, bytes: number): boolean {
  const waiting = log.bytesBehind(Math.max(durability.durableIndex, log.base.index));
  return waiting === 0 || waiting + bytes <= options.undurableBytesMax;
}

/** Only what is committed gets less by itself: what is not may need these very bytes to be committed. */
function mayWaitToBeApplied({ log, commitIndex, toldApplied, options }: RaftState, bytes: number): boolean {
  if (toldApplied >= commitIndex) return true;
  return log.bytesBehind(Math.max(toldApplied, log.base.index)) + bytes <= options.unappliedBytesMax;
}
