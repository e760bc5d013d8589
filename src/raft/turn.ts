/** The end of a turn: what all its inputs together come to. */
import { takeCommitted } from "./commit.ts";
import type { Effects, ReadReady } from "./effects.ts";
import { replyToLeader } from "./follower.ts";
import { advanceTransfer } from "./leadership-transfer.ts";
import { advanceMembership, forgetLeavers } from "./membership.ts";
import { seeToReads } from "./read-index.ts";
import { replicate } from "./replication.ts";
import { takeInstalled } from "./snapshot.ts";
import type { Leader, RaftState } from "./state.ts";

/** What is to be written, sent, applied and answered. */
export function endTurn(state: RaftState): Effects {
  const { role } = state;
  seeToReads(state);
  if (role.name === "leader") lead(state, role);
  else if (role.name === "follower") replyToLeader(state, role);
  const write = state.durability.takeWrite(state.log, state, state.now);
  const messages = state.outbox.take(state.durability, state.currentTerm);
  const installed = takeInstalled(state);
  const committed = takeCommitted(state);
  const reads = state.readsReady.length === 0 ? noReads : state.readsReady;
  if (reads !== noReads) state.readsReady = [];
  const effects = write === undefined ? { messages, committed, reads } : { write, messages, committed, reads };
  return installed === undefined ? effects : { ...effects, installed };
}

const noReads: readonly ReadReady[] = [];

/** A leader's part. */
function lead(state: RaftState, leader: Leader): void {
  if (!advanceMembership(state, leader)) return;
  replicate(state, leader);
  advanceTransfer(state, leader);
  forgetLeavers(state, leader);
}
