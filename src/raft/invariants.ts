/**
 * What must hold at the end of every turn, and between one turn and the next. A server that finds one broken stops:
 * going on would spread the damage. The simulator checks more, from outside and across servers.
 */

import { assert } from "../base/assert.ts";
import { lastFor } from "./replication.ts";
import type { RaftState } from "./state.ts";
import type { Index, ServerId, Term } from "./types.ts";

/** Compares the state of each turn with that of the turn before. */
export class InvariantChecker {
  #term: Term;
  #votedFor: ServerId | 0;
  #commitIndex: Index;
  #lastApplied: Index;
  #lastIndex: Index;
  #ledTerm: Term = 0;

  constructor(state: RaftState) {
    this.#term = state.currentTerm;
    this.#votedFor = state.votedFor;
    this.#commitIndex = state.commitIndex;
    this.#lastApplied = state.lastApplied;
    this.#lastIndex = state.log.lastIndex;
  }

  check(state: RaftState): void {
    checkNow(state);
    assert(state.currentTerm >= this.#term, "currentTerm only rises (§5.1)");
    if (state.currentTerm === this.#term && this.#votedFor !== 0) {
      assert(state.votedFor === this.#votedFor, "a server votes once in a term (§5.2)");
    }
    assert(state.commitIndex >= this.#commitIndex, "commitIndex only rises");
    assert(state.lastApplied >= this.#lastApplied, "lastApplied only rises");
    const leads = state.role.name === "leader";
    if (leads && this.#ledTerm === state.currentTerm) {
      assert(state.log.lastIndex >= this.#lastIndex, "a leader only appends to its log (§5.3)");
    }
    this.#term = state.currentTerm;
    this.#votedFor = state.votedFor;
    this.#commitIndex = state.commitIndex;
    this.#lastApplied = state.lastApplied;
    this.#lastIndex = state.log.lastIndex;
    if (leads) this.#ledTerm = state.currentTerm;
  }
}

function checkNow(state: RaftState): void {
  const { log, role, durability, options } = state;
  assert(state.lastApplied <= state.commitIndex, "what is applied is committed");
  assert(state.lastApplied <= durability.durableIndex, "what is applied is durable");
  assert(state.commitIndex <= log.lastIndex, "what is committed is in the log");
  assert(durability.durableIndex <= log.lastIndex, "what is durable is in the log");
  assert(log.lastTerm <= state.currentTerm, "no entry is of a later term than currentTerm");
  if (role.name === "candidate") assert(state.votedFor === state.id, "a candidate votes for itself (§5.2)");
  if (role.name !== "leader") return;
  assert(state.votedFor === state.id, "a leader voted for itself (§5.2)");
  assert(log.lastTerm === state.currentTerm, "a leader's log ends with its own term (§8)");
  for (const peer of role.peers) {
    assert(peer.nextIndex > peer.matchIndex, "nextIndex is above matchIndex");
    assert(peer.nextIndex <= log.lastIndex + 1, "nextIndex is at most right behind the log");
    if (peer.state !== "replicate" || peer.nextIndex > lastFor(state, peer)) continue;
    assert(peer.inFlight.length > 0, "entries wait only while others are unacknowledged");
    const room = peer.inFlight.length < options.appendsInFlightMax;
    assert(
      !room || state.now < peer.sentAt + options.appendHoldMs,
      "entries that there is room for wait for a time only",
    );
  }
}
