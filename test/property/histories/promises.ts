/**
 * What the client library promises, held against what clients were told: each request has one answer, the one that its turn
 * in the order of all changes gives it; a client sees its own writes, and never goes back; a watch tells before an answer
 * shows; what is lost was lost for a reason; who may have lost its session is told before others can see it.
 */
import type { Step } from "../../../sim/plan/plan.ts";
import type { HistoryOperation, SessionEvent } from "../../../sim/world/history.ts";
import type { SessionId, Zxid } from "../../../src/base/operations.ts";
import type { Told } from "./cluster.ts";
import {
  type Effect,
  effectOf,
  ended,
  type ModelState,
  parentOf,
  type Read,
  shownBy,
  shownIn,
  type Write,
} from "./tree.ts";
import { type Dated, ModelWatches } from "./watches.ts";

type Answer = Extract<Told, { readonly type: "answer" }>;

/** One client and its present session. */
interface ModelClient {
  readonly watches: ModelWatches;
  /** The newest zxid that it was told. */
  seen: Zxid;
  /** The newest zxid that it can know of when its session is closed. */
  seenBefore: Zxid;
  /** How often its session was attached. */
  attached: number;
  /** It was silent for so long that its session may end until then, virtual µs. */
  mayExpireUntilUs: number;
  /** It has given something up, so an answer may be missing. */
  gaveUp: boolean;
}

/** What all clients were told so far, and what follows from it. */
export class Promises {
  readonly #clients: readonly ModelClient[];
  /** The tree from a zxid on, oldest first; of what was before the first nothing is known. */
  #states: { readonly zxid: Zxid; readonly state: ModelState }[];
  #happened: Dated[] = [];
  /** All that was answered in earlier rounds was answered at this zxid or before. */
  #frontier: Zxid = 0;
  /** Paths of which nobody knows what became of them. */
  readonly #touched = new Set<string>();
  /** Sessions whose client knows that they may be over; and that they are. */
  readonly #perhapsOver = new Set<SessionId>();
  readonly #over = new Set<SessionId>();

  constructor(clients: number) {
    const root = { data: "", version: 0, owner: 0, made: undefined };
    this.#states = [{ zxid: 0, state: new Map([["/", root]]) }];
    this.#clients = Array.from({ length: clients }, () => ({
      watches: new ModelWatches(),
      seen: 0,
      seenBefore: 0,
      attached: 0,
      mayExpireUntilUs: 0,
      gaveUp: false,
    }));
  }

  /** What the tree is by now. */
  get state(): ModelState {
    return this.#states.at(-1)?.state ?? new Map();
  }

  /** A client by its number, from 1. */
  client(number: number): ModelClient {
    const client = this.#clients[number - 1];
    if (client === undefined) throw new Error(`there is no client ${number}`);
    return client;
  }

  /**
   * Holds what clients were told in a round, in which all that was asked is settled, against the promises. False if some of
   * it cannot be known, as requests were given up or a session was lost: then {@link adopt} has to be told what is there.
   *
   * @throws Error if a promise is broken
   */
  judge(told: readonly Told[]): boolean {
    const answers = told.filter((one) => one.type === "answer");
    for (const one of told) if (one.type === "event") this.#sessionOf(one.event);
    for (const { step, operation } of answers) {
      this.#checkLoss(operation, told);
      const client = this.client(operation.client);
      const known = step.kind === "close" ? this.#frontier : operation.zxid;
      client.seenBefore = Math.max(client.seenBefore, known);
    }
    const lost = answers.some(({ step, operation }) => operation.outcome === "lost" && isWrite(step));
    const closed = answers.filter((one) => this.#isClosedNow(one)).map(({ operation }) => operation.sessionId);
    const owners = [...this.state.values()].map(({ owner }) => owner).filter((owner) => owner !== 0);
    for (const { step, operation } of answers) if (isWrite(step)) owners.push(operation.sessionId);
    const isCertain = !lost && !owners.some((owner) => this.#perhapsOver.has(owner) && !closed.includes(owner));
    if (isCertain) this.#change(answers);
    else this.#doubt(answers);
    for (const one of told) {
      if (one.type === "event") this.#hear(one.event);
      else this.#answered(one, isCertain);
    }
    this.#frontier = Math.max(this.#frontier, ...answers.map(({ operation }) => operation.zxid));
    return isCertain;
  }

  /**
   * What was there at `zxid`, by a linearizable read.
   *
   * @throws Error if it does not follow from what clients were told
   */
  adopt(state: ModelState, zxid: Zxid): void {
    const before = this.state;
    for (const path of new Set([...before.keys(), ...state.keys()])) {
      const [old, now] = [before.get(path), state.get(path)];
      if (now !== undefined && this.#over.has(now.owner)) throw new Error(`${path} outlives session ${now.owner}`);
      if (this.#isTouched(path) || (old?.data === now?.data && old?.version === now?.version)) continue;
      throw new Error(`${path} was ${JSON.stringify(old)} and is ${JSON.stringify(now)}, and nobody was to change it`);
    }
    const known = [...state].map(([path, node]) => {
      const made = this.#isTouched(path) ? undefined : before.get(path)?.made;
      return [path, { ...node, made }] as const;
    });
    this.#touched.clear();
    this.#states = [{ zxid, state: new Map(known) }];
    this.#happened = [];
    this.#frontier = Math.max(this.#frontier, zxid);
  }

  #isTouched(path: string): boolean {
    return this.#touched.has(path) || this.#touched.has(path.replace(/\d{10}$/, ""));
  }

  #sessionOf({ type, sessionId }: SessionEvent): void {
    if (type === "connected") this.#perhapsOver.delete(sessionId);
    if (type === "lost" || type === "ended") this.#perhapsOver.add(sessionId);
    if (type === "ended") this.#over.add(sessionId);
  }

  /** What has no answer was given up, or its session has ended. */
  #checkLoss({ id, client, life, outcome }: HistoryOperation, told: readonly Told[]): void {
    if (outcome === "answered" || this.client(client).gaveUp) return;
    const isOver = told.some((one) => one.type === "event" && one.event.type === "ended" && one.event.life === life);
    if (!isOver) throw new Error(`request ${id} of client ${client} has no answer, and its session lives`);
  }

  /** All changes of a round, in the order that their zxids give them. */
  #change(answers: readonly Answer[]): void {
    const changes = answers.filter(
      (one) => one.operation.outcome === "answered" && (isWrite(one.step) || this.#isClosedNow(one)),
    );
    const known = this.#happened.length;
    for (const { step, operation } of changes.toSorted((a, b) => a.operation.zxid - b.operation.zxid)) {
      const { zxid, sessionId, result } = operation;
      if (zxid <= this.#frontier)
        throw new Error(`a change at zxid ${zxid}, and ${this.#frontier} was answered before it was asked`);
      const given = result?.failure === undefined ? result?.path : undefined;
      const effect = isWrite(step) ? effectOf(this.state, sessionId, step, given) : ended(this.state, sessionId);
      if (isWrite(step)) checkAnswer(effect, operation, step.kind);
      this.#states.push({ zxid, state: effect.state });
      this.#happened.push(...effect.happened.map((one) => ({ ...one, zxid })));
    }
    for (const { watches } of this.#clients) watches.happened(this.#happened.slice(known));
  }

  /**
   * Whether it is the close of a session, at its own zxid. A session that turns out to be gone is taken for closed, too: then
   * the answer has the zxid that the client knew.
   */
  #isClosedNow({ step, operation: { client, zxid, answeredUs } }: Answer): boolean {
    const { seenBefore, mayExpireUntilUs } = this.client(client);
    return step.kind === "close" && zxid > seenBefore && answeredUs > mayExpireUntilUs;
  }

  #doubt(answers: readonly Answer[]): void {
    for (const { step } of answers) for (const path of pathsOf(step)) this.#touched.add(path);
    for (const [path, { owner }] of this.state) if (this.#perhapsOver.has(owner)) this.#touched.add(path);
    // Numbers are given at the parent, and it is told that a child comes or goes.
    for (const path of [...this.#touched]) this.#touched.add(parentOf(path));
    for (const { watches } of this.#clients) watches.doubt((path) => this.#isTouched(path));
  }

  #answered({ step, operation }: Answer, isCertain: boolean): void {
    const { outcome, zxid, result } = operation;
    if (outcome !== "answered" || result === undefined || step.kind === "close") return;
    const client = this.client(operation.client);
    client.watches.sees(zxid);
    // A write's answer is remembered, and comes with the zxid that it had: perhaps behind a read that was asked again.
    if (isWrite(step)) client.seen = Math.max(client.seen, zxid);
    else sees(client, zxid);
    if (step.kind !== "read") return;
    const doubtful = !isCertain && this.#isTouched(step.path);
    if (!doubtful) this.#checkRead(step, operation, isCertain);
    client.watches.read(step, result.failure === undefined, zxid, this.#happened, doubtful);
  }

  #checkRead(step: Read, { zxid, result, client }: HistoryOperation, isCertain: boolean): void {
    const what = `${step.read} ${step.path} of client ${client}`;
    if (!step.local && zxid < this.#frontier)
      throw new Error(`${what} shows zxid ${zxid}, and ${this.#frontier} was answered before it was asked`);
    const since = this.#states.findLast((one) => one.zxid <= zxid);
    if (since === undefined || result === undefined) return;
    const [wanted, got] = [shownBy(since.state, step), shownIn(result, step.read)];
    // What is not touched is as it was, but for the number of its children, which shows in its parent's too.
    if (wanted !== got && isCertain) throw new Error(`${what} at zxid ${zxid} shows ${got}, and not ${wanted}`);
  }

  #hear(event: SessionEvent): void {
    const client = this.client(event.client);
    if (event.type === "watch") {
      client.watches.fired(event);
      sees(client, event.zxid);
    }
    if (event.type === "unwatched") client.watches.unwatched(event);
    if (event.type === "connected" && client.attached++ > 0) client.watches.moved();
    if (event.type !== "ended") return;
    if (event.reason === "expired" && event.atUs > client.mayExpireUntilUs)
      throw new Error(`the session of client ${event.client} expired, and it was never silent for so long`);
    client.watches.clear();
    client.seen = 0;
    client.attached = 0;
  }
}

function sees(client: ModelClient, zxid: Zxid): void {
  if (zxid < client.seen) throw new Error(`a client goes back from zxid ${client.seen} to ${zxid}`);
  client.seen = zxid;
}

function checkAnswer({ code, path, version }: Effect, { result, zxid, client }: HistoryOperation, kind: string): void {
  const wanted = { code, path, version };
  const got =
    result?.failure === undefined
      ? { code: "ok", path: path && result?.path, version: version && result?.stat?.version }
      : { code: result.failure.code, path: undefined, version: undefined };
  const [a, b] = [JSON.stringify(wanted), JSON.stringify(got)];
  if (a !== b) throw new Error(`${kind} of client ${client} at zxid ${zxid} was answered ${b}, and not ${a}`);
}

function isWrite(step: Step): step is Write {
  return step.kind === "create" || step.kind === "setData" || step.kind === "delete" || step.kind === "multi";
}

/** The paths that a step may change. */
function pathsOf(step: Step): readonly string[] {
  if (!isWrite(step)) return [];
  return step.kind === "multi" ? step.parts.map((part) => ("path" in part ? part : part.create).path) : [step.path];
}
