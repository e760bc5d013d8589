/**
 * The requests of one connection, in the order sent.
 *
 * Three things hold at once: answers leave in request order; a read sees every earlier write of its session and, where
 * that can be had, none that was sent after it; a watch event leaves before any answer that shows its change.
 *
 *     released │ evaluated, held back │ waiting
 *              ▲ front                ▲ evaluated
 *
 * Writes are evaluated by the log. A local read is evaluated once it is the first that waits and its connection has its
 * turn (`read-turns.ts`). A linearizable read must also wait for its read index (thesis §6.4). But if the session's *next write* is
 * applied meanwhile, a read is evaluated right before it, whosever turn it is; where its index is not known yet,
 * provisionally: that answer counts if the read index turns out to be no newer.
 */

import type { ClientIdentity } from "../../base/acl.ts";
import { assert } from "../../base/assert.ts";
import { bytesInRead } from "../../base/operation-traits.ts";
import type { Result, Zxid } from "../../base/operations.ts";
import { Queue } from "../../base/queue.ts";
import type { Read, WatchSpec } from "../../base/reads.ts";
import type { ServerMessage, ToldEvent } from "../../protocol/client-messages.ts";

/** One request and what is known of its answer. */
export interface Slot {
  readonly xid: number;
  /** Writes and close: position among the session's writes; reads: 0. */
  readonly requestId: number;
  /** Undefined for writes. */
  readonly read: Read | undefined;
  /** Reads: who the client had shown to be when it came. */
  readonly identities: readonly ClientIdentity[];
  /** Linearizable reads: from here on the state is new enough; undefined until the read index is known. */
  readIndex: Zxid | undefined;
  /** Reads: what it costs, in the units of `workOf`; as it was when it came. */
  readonly work: number;
  /** Reads: bytes of the question; otherwise 0. */
  readonly bytes: number;
  /** As how many requests it counts. */
  readonly count: number;
  /** What it is answered with, if that does not depend on the state. */
  known: Result | undefined;
  answer: { readonly zxid: Zxid; readonly result: Result } | undefined;
  /** Reads: the watch that evaluating armed, if the connection had none such before. */
  armed: WatchSpec | undefined;
  /** Events that fired after this slot was evaluated and before the next was. */
  events: ToldEvent[] | undefined;
}

const nobody: readonly ClientIdentity[] = [];
const nothingRead: Read = { kind: "sync", path: "/", watch: false, local: true };

/** How the queue has its reads answered. */
export interface Evaluator {
  /** Newest applied index. */
  appliedIndex(): Zxid;
  /** Answers a slot's read from the present state, and arms its watch: `slot.armed`, if the connection had none such before. */
  evaluate(slot: Slot, read: Read): Result;
  /** Disarms a watch: the answer that armed it does not count. */
  disarm(spec: WatchSpec): void;
  /** Whether a read may be answered now, or waits for its turn: {@link RequestQueue.advance} is called again then. */
  mayEvaluate(): boolean;
  /** Whether the events of all that is applied are told. Before that, nobody is shown the present state. */
  allTold(): boolean;
}

export class RequestQueue {
  readonly #evaluator: Evaluator;
  readonly #send: (message: ServerMessage) => void;
  readonly #slots = new Queue<Slot>();
  /** Slots before this position (counted from the front) are evaluated. */
  #evaluated = 0;
  #readWork = 0;
  #readBytes = 0;
  #count = 0;
  /** Events that wait for {@link letGo}, and all answers with them. */
  #held: ToldEvent[] | undefined;

  /** `send` hands a message to the client's stream. */
  constructor(evaluator: Evaluator, send: (message: ServerMessage) => void) {
    this.#evaluator = evaluator;
    this.#send = send;
  }

  /** Requests without an answer. */
  get length(): number {
    return this.#slots.length;
  }

  /** As how many they count: a multi as one for each of its parts. */
  get count(): number {
    return this.#count;
  }

  /** What its reads cost. */
  get readWork(): number {
    return this.#readWork;
  }

  /** Bytes that its reads take until they are answered. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Whether a read is the next to be evaluated, and can be. */
  get hasReadyRead(): boolean {
    if (this.#held !== undefined) return false;
    const slot = this.#slots.at(this.#evaluated);
    return slot?.readIndex !== undefined && slot.readIndex <= this.#evaluator.appliedIndex();
  }

  /** Adds a write or close that counts as `count` requests; {@link answerWrite} evaluates it. */
  addWrite(xid: number, requestId: number, count = 1): void {
    this.#add(slotOf(xid, requestId, undefined, 0, count));
  }

  /** Adds a write that was applied, and answered by the state machine, through an earlier attachment. */
  addAppliedWrite(xid: number, requestId: number, zxid: Zxid, result: Result, count = 1): void {
    const slot = slotOf(xid, requestId, undefined, 0, count);
    slot.answer = { zxid, result };
    this.#add(slot);
    this.advance();
  }

  /** Adds a request whose answer is known, and waits for its turn alone, as a local read does. */
  addKnown(xid: number, result: Result): void {
    const slot = slotOf(xid, 0, nothingRead, 1, 1);
    slot.known = result;
    slot.readIndex = 0;
    this.#add(slot);
  }

  /** Adds a read that costs `work`. Returns the slot if it needs a read index: to be set in it, followed by {@link advance}. */
  addRead(xid: number, read: Read, work = 1, identities = nobody): Slot | undefined {
    const slot = slotOf(xid, 0, read, work, 1, identities);
    this.#add(slot);
    const needsIndex = !read.local || read.kind === "sync";
    if (!needsIndex) slot.readIndex = 0;
    return needsIndex ? slot : undefined;
  }

  /** The session's write `requestId` is about to be applied: evaluates the reads that were sent before it. */
  beforeWrite(requestId: number): void {
    const end = this.#positionOfWrite(requestId);
    while (this.#evaluated < end) {
      const slot = this.#slots.at(this.#evaluated);
      if (slot?.read === undefined) this.#evaluated++;
      else this.#evaluateRead(slot, slot.read);
    }
  }

  /** The session's write has its result. Returns false if it is not awaited here and now: it was answered before. */
  answerWrite(requestId: number, zxid: Zxid, result: Result): boolean {
    const slot = this.#slots.at(this.#evaluated);
    if (slot === undefined || slot.read !== undefined || slot.requestId !== requestId) return false;
    slot.answer = { zxid, result };
    this.advance();
    return true;
  }

  /** The session was closed by its request `requestId`: what was sent behind that is not answered. Then as {@link answerWrite}. */
  answerClose(requestId: number, zxid: Zxid): boolean {
    const slot = this.#slots.at(this.#evaluated);
    if (slot?.read === undefined && slot?.requestId === requestId) this.#cut(this.#evaluated + 1);
    return this.answerWrite(requestId, zxid, {});
  }

  /** From here on nothing is told, neither answers nor events, until {@link letGo}. */
  hold(): void {
    this.#held ??= [];
  }

  /** Tells what was held: the events in the order of their changes, each before the first answer that may show it. */
  letGo(): void {
    const events = this.#held ?? [];
    this.#held = undefined;
    events.sort((a, b) => a.zxid - b.zxid);
    let place = 0;
    for (const event of events) {
      while (place < this.#evaluated && (this.#slots.at(place)?.answer?.zxid ?? 0) < event.zxid) place++;
      this.#tell(event, place);
    }
    this.advance();
  }

  /** A watch of this connection fired. */
  event(event: ToldEvent): void {
    if (this.#held !== undefined) this.#held.push(event);
    else this.#tell(event, this.#evaluated);
  }

  /** Tells an event behind the first `place` answers. */
  #tell(event: ToldEvent, place: number): void {
    const last = place > 0 ? this.#slots.at(place - 1) : undefined;
    if (last === undefined) this.#send({ type: "event", event });
    else if (last.events === undefined) last.events = [event];
    else last.events.push(event);
  }

  /** Evaluates and releases what can be: to be called when the state or a read index has moved. */
  advance(): void {
    this.#evaluateReady();
    while (this.#releaseFront()) this.#evaluateReady();
  }

  get #mayEvaluate(): boolean {
    return this.#held === undefined && this.#evaluator.mayEvaluate();
  }

  #evaluateReady(): void {
    const applied = this.#evaluator.appliedIndex();
    for (;;) {
      const slot = this.#slots.at(this.#evaluated);
      if (slot === undefined) return;
      if (slot.read === undefined) {
        if (slot.answer === undefined) return;
        this.#evaluated++;
      } else if (slot.readIndex === undefined || slot.readIndex > applied || !this.#mayEvaluate) return;
      else this.#evaluateRead(slot, slot.read);
    }
  }

  #evaluateRead(slot: Slot, read: Read): void {
    this.#answer(slot, read);
    this.#evaluated++;
  }

  #answer(slot: Slot, read: Read): void {
    // The zxid is taken first: evaluating changes nothing but watches.
    const zxid = this.#evaluator.appliedIndex();
    slot.armed = undefined;
    slot.answer = { zxid, result: slot.known ?? this.#evaluator.evaluate(slot, read) };
  }

  #cut(length: number): void {
    for (let i = length; i < this.#slots.length; i++) {
      const slot = this.#slots.at(i);
      if (slot !== undefined) this.#gone(slot);
    }
    this.#slots.cut(length);
  }

  #add(slot: Slot): void {
    this.#slots.push(slot);
    this.#count += slot.count;
    this.#readWork += slot.work;
    this.#readBytes += slot.bytes;
  }

  #gone({ count, work, bytes }: Slot): void {
    this.#count -= count;
    this.#readWork -= work;
    this.#readBytes -= bytes;
  }

  /** Where the first write without an answer stands, if that is `requestId`; otherwise 0. */
  #positionOfWrite(requestId: number): number {
    for (let i = this.#evaluated; ; i++) {
      const slot = this.#slots.at(i);
      if (slot === undefined) return 0;
      if (slot.read === undefined && slot.answer === undefined) return slot.requestId === requestId ? i : 0;
    }
  }

  /** Sends the front answer if it is final. Returns whether it did. */
  #releaseFront(): boolean {
    if (this.#evaluated === 0 || this.#held !== undefined) return false;
    const slot = this.#slots.at(0);
    assert(slot?.answer !== undefined, "an evaluated slot has its answer");
    if (slot.read !== undefined) {
      if (slot.readIndex === undefined || slot.readIndex > this.#evaluator.appliedIndex()) return false;
      if (slot.readIndex > slot.answer.zxid && !this.#evaluator.allTold()) return false;
      if (slot.readIndex > slot.answer.zxid) this.#evaluateHeldAgain();
    }
    this.#send({ type: "reply", xid: slot.xid, zxid: slot.answer.zxid, result: slot.answer.result });
    this.#slots.shift();
    this.#evaluated--;
    this.#gone(slot);
    for (const event of slot.events ?? []) this.#send({ type: "event", event });
    return true;
  }

  /**
   * A provisional answer was too old: all held reads are answered anew, after the events that announce what they see. What
   * they armed goes first: the new answer may be one that arms nothing, such as NO_AUTH.
   */
  #evaluateHeldAgain(): void {
    for (let i = 0; i < this.#evaluated; i++) {
      const slot = this.#slots.at(i);
      if (slot === undefined) continue;
      for (const event of slot.events ?? []) this.#send({ type: "event", event });
      slot.events = undefined;
      if (slot.armed !== undefined) this.#evaluator.disarm(slot.armed);
    }
    for (let i = 0; i < this.#evaluated; i++) {
      const slot = this.#slots.at(i);
      if (slot?.read !== undefined) this.#answerAgain(slot, slot.read);
    }
  }

  #answerAgain(slot: Slot, read: Read): void {
    const before = slot.answer?.result;
    this.#answer(slot, read);
    // What it has removed it has removed, though nothing is left to be removed now.
    if (read.kind === "removeWatches" && before?.failure === undefined && slot.answer !== undefined)
      slot.answer = { zxid: slot.answer.zxid, result: before ?? slot.answer.result };
  }
}

function slotOf(
  xid: number,
  requestId: number,
  read: Read | undefined,
  work: number,
  count: number,
  identities: readonly ClientIdentity[] = nobody,
): Slot {
  const bytes = read === undefined ? 0 : bytesInRead(read);
  return {
    xid,
    requestId,
    read,
    identities,
    work,
    bytes,
    count,
    readIndex: undefined,
    known: undefined,
    answer: undefined,
    armed: undefined,
    events: undefined,
  };
}
