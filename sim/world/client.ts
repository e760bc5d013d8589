/** One simulated client: the production session, and a user who asks, remembers and starts over when a session ends. */
import type { ClientIdentity } from "../../src/base/acl.ts";
import { TerrariumError } from "../../src/base/errors.ts";
import type { Result } from "../../src/base/operations.ts";
import type { WatchSpec } from "../../src/base/reads.ts";
import { watchKey } from "../../src/base/watch-rules.ts";
import { ClientSession, type Delivery } from "../../src/client/session.ts";
import type { SessionCredentials, SessionRetained } from "../../src/client/session-options.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Lie } from "../plan/actions.ts";
import { type Step, serverCount } from "../plan/plan.ts";
import { Awaited } from "./awaited.ts";
import { checkBlunders, checkLeft, checkLooks, checkRefusal, checkTimer, heardSince } from "./client-looks.ts";
import type { SimConnection } from "./connections.ts";
import { begun, type History, type HistoryOperation, type Invocation, type SessionEvent } from "./history.ts";
import type { ClientHooks } from "./hooks.ts";
import { firstIdentities, shownBy } from "./identities.ts";
import { invocationOf, patienceMs } from "./invocations.ts";
import { isOfGreeting, Lies } from "./lies.ts";
import { addressesOf, balancer, LoadBalancer, serverIds } from "./load-balancer.ts";
import { InvariantBroken } from "./observer.ts";
import type { RunParts } from "./parts.ts";
import { Recorder } from "./recorder.ts";
import { watchOf } from "./requested-watches.ts";
import { Seen } from "./seen.ts";
import { StandStill } from "./stand-still.ts";

/** What a client is part of. */
export interface ClientParts extends RunParts {
  readonly history: History;
  readonly hooks: ClientHooks;
}

export class SimClient {
  readonly id: number;
  readonly seen = new Seen();
  /** Who it has shown to be in this session. */
  #identities: readonly ClientIdentity[] = [];
  readonly record: Recorder;
  /** Which session this is, from 1. */
  life = 0;
  /** Servers refuse it before this virtual time. */
  refusedUntilUs = 0;
  readonly #parts: ClientParts;
  /** Whether it knows a load balancer only. */
  readonly balanced: boolean;
  #endpoints: readonly string[];
  readonly #balancer: LoadBalancer;
  #awaited = new Awaited();
  #session: ClientSession<HistoryOperation>;
  #connection: SimConnection | undefined;
  /** Of the session, for `#connection`. */
  #stream = 0;
  #timerAtUs = Number.POSITIVE_INFINITY;
  readonly #still = new StandStill();
  /** When it was last attached, virtual µs. */
  #attachedUs = 0;
  readonly #lies = new Lies();
  /** The session that its next process goes on with. */
  #legacy: SessionCredentials | undefined;

  constructor(id: number, parts: ClientParts) {
    this.id = id;
    this.#parts = parts;
    this.record = new Recorder(parts);
    const { clients, balanced, learning, servers } = parts.plan.config;
    const known = learning ? servers : serverCount(parts.plan.config);
    this.balanced = id > clients - balanced;
    this.#endpoints = this.balanced ? [balancer] : addressesOf(serverIds(known));
    const among = serverIds(serverCount(parts.plan.config));
    this.#balancer = new LoadBalancer(parts.kernel.randomness.draws("balancer", id), among);
    this.#session = this.#openSession();
  }

  /** Sends the session's first messages. */
  begin(): void {
    this.#afterInput();
  }

  get state(): ClientSession<HistoryOperation>["state"] {
    return this.#session.state;
  }

  get connection(): SimConnection | undefined {
    return this.#connection;
  }

  get sessionId(): number {
    return this.#session.identity.sessionId;
  }

  get identity(): SessionCredentials {
    return this.#session.identity;
  }

  /** Its process does nothing until `untilUs`. */
  pause(untilUs: number): void {
    this.#still.begin(untilUs);
    this.#parts.kernel.at(untilUs, { kind: "clientTimer", cause: this.#parts.kernel.current, client: this.id });
  }

  /** It does something again, if it did not (returns whether): sees what time it is, then takes up what has come. */
  goOn(): boolean {
    if (!this.#still.isOn) return false;
    const inbox = this.#still.end();
    this.#timerAtUs = Number.POSITIVE_INFINITY;
    this.#session.advance(this.#now());
    this.#afterInput();
    for (const input of inbox) input();
    return true;
  }

  /** Does one step of the workload. */
  perform(step: Step, listed: number): void {
    if (this.#still.keeps(() => this.perform(step, listed))) return;
    if (step.kind === "reconnect") this.breakConnection("reset");
    else if (step.kind === "move") this.breakConnection("leave");
    else if (step.kind === "abort") this.#abort(step.behind);
    else if (step.kind === "blunder") checkBlunders((body) => this.#session.submit(body, this.#operation(body, -1)));
    else if (step.kind === "vanish") this.#begins(undefined);
    else if (step.kind === "inherit") this.#begins(this.#session.identity);
    else this.#submit(invocationOf(step), listed);
  }

  /** reset: what is under way is lost. leave: the client goes, what it sent still arrives. */
  breakConnection(how: "reset" | "leave"): void {
    const connection = this.#connection;
    if (connection === undefined || (how === "leave" && this.#still.isOn)) return;
    if (how === "reset") return this.#parts.connections.reset(connection);
    this.#parts.connections.closeByClient(connection);
    this.#lost();
  }

  /** Frames of a server. */
  receive(connection: SimConnection, messages: readonly ServerMessage[]): void {
    if (this.#still.keeps(() => this.receive(connection, messages)) || connection !== this.#connection) return;
    const heard = this.#lies.heard(messages, this.sessionId);
    this.record.hears(connection, heard);
    this.#session.receive(this.#stream, heard, this.#now());
    this.#afterInput();
  }

  /** The next that it hears of a server is not so; `lie` may want a new connection. */
  mislead(lie: Lie): void {
    this.#lies.next = lie;
    if (isOfGreeting(lie)) this.breakConnection("reset");
  }

  /** The stream broke, or could not be opened. */
  broken(connection: SimConnection): void {
    if (this.#still.keeps(() => this.broken(connection))) return;
    if (connection === this.#connection) this.#lost();
  }

  /** Its timer fired. Returns false if it was overtaken. */
  timer(): boolean {
    if (this.#still.isOn) return this.#still.isOver(this.#parts.kernel.now) && this.goOn();
    if (this.#parts.kernel.now !== this.#timerAtUs) return false;
    this.#timerAtUs = Number.POSITIVE_INFINITY;
    this.#session.advance(this.#now());
    this.#afterInput();
    checkTimer(this.#session, this.#awaited, this.#now());
    return true;
  }

  #now(): number {
    return this.#parts.kernel.now / 1000;
  }

  #openSession(): ClientSession<HistoryOperation> {
    const { kernel, plan } = this.#parts;
    const draws = kernel.randomness.draws("session", `${this.id}.${++this.life}`);
    const { sessionTimeoutMs: timeoutMs } = plan.config;
    this.#identities = firstIdentities(this.id, plan.config.addresses);
    const holder = this.id * 1_000_000 + this.life;
    this.#lies.forget();
    const resume = this.#legacy;
    this.#legacy = undefined;
    return new ClientSession<HistoryOperation>(
      { endpoints: this.#endpoints, timeoutMs, random: () => draws.next(), holder, discover: !this.balanced, resume },
      this.#now(),
    );
  }

  /** Only these servers serve by now: a user whom nothing leads there looks up where they are. */
  leadTo(serving: readonly ServerId[]): void {
    this.#balancer.leadTo(serving);
    const addresses = addressesOf(serving);
    if (this.balanced || addresses.some((address) => this.#session.endpoints.includes(address))) return;
    this.#endpoints = addresses;
    this.#session.detach();
    this.#afterInput();
  }

  /** Where it may go, as it knows by now. */
  get endpoints(): readonly string[] {
    return this.#session.endpoints;
  }

  /** Whether its user was told since `sinceUs` that the leader has heard of it: of what it said since it was last attached. */
  isHeardSince(sinceUs: number): boolean {
    return heardSince(this.#session, this.#now(), Math.max(sinceUs, this.#attachedUs));
  }

  /** What its user waits for, without doubles. */
  get watches(): readonly WatchSpec[] {
    return this.#awaited.watches;
  }

  /** What its session keeps beyond what its user waits for. Undefined of one that was lied to: nobody knows what that waits for. */
  excess(): SessionRetained | undefined {
    return this.#lies.told ? undefined : this.#awaited.excess(this.#session.retained());
  }

  #lost(): void {
    this.#connection = undefined;
    this.#session.streamClosed(this.#stream, { code: "NO_SERVER", message: "the stream broke" }, this.#now());
    this.#afterInput();
  }

  #submit(invocation: Invocation, listed: number): void {
    const { plan } = this.#parts;
    const operation = this.#operation(invocation, listed);
    const deadline = this.#now() + patienceMs(invocation, plan.workload);
    try {
      this.#awaited.asked(this.#session.submit(invocation, operation, deadline));
    } catch (error) {
      if (!(error instanceof TerrariumError)) throw error;
      return checkRefusal(error.code, this.#awaited.bodies);
    }
    // From the next request on.
    if (invocation.type === "auth") this.#identities = shownBy(this.#identities, invocation.credential);
    this.record.invoked(operation);
    this.#afterInput();
  }

  #operation(invocation: Invocation, listed: number): HistoryOperation {
    const { history, kernel } = this.#parts;
    const who = { client: this.id, life: this.life, identities: this.#identities, sessionId: this.sessionId };
    return begun(history, who, invocation, listed, kernel.now);
  }

  /** Its process ends without a word; the next one begins with a new session, or goes on with that of `legacy`. */
  #begins(legacy: SessionCredentials | undefined): void {
    if (legacy?.sessionId === 0) return;
    this.#legacy = legacy;
    this.#session.detach();
    this.#afterInput();
  }

  /** Nobody waits any more for the answer of a request, or for the event of a watch. */
  #abort(behind: number): void {
    const asked = this.#awaited.anyToGiveUp(behind);
    if (asked === undefined) return;
    this.#session.abort(asked);
    if (this.#awaited.forget(asked)) this.record.settled(asked.context, "lost");
    else {
      const watch = watchOf(asked);
      if (!this.watches.some((other) => watchKey(other) === watchKey(watch))) this.#tell("unwatched", { watch });
    }
    this.#afterInput();
  }

  #afterInput(): void {
    for (;;) {
      const effects = this.#session.takeEffects(this.#now());
      for (const stream of effects.disconnect) this.#disconnect(stream);
      if (effects.connect !== undefined) this.#connect(effects.connect.stream, effects.connect.endpoint);
      if (effects.send.length > 0 && this.#connection !== undefined) {
        this.record.says(this.#connection, effects.send);
        this.#parts.connections.up(this.#connection, effects.send);
      }
      for (const delivery of effects.deliveries) this.#deliver(delivery);
      if (!this.#lies.told && effects.deliveries.some(({ type }) => type === "state"))
        checkLooks(this.#session, this.#now());
      if (this.#session.state !== "expired" && this.#session.state !== "closed") break;
      this.#awaited = new Awaited();
      this.#session = this.#openSession();
    }
    this.#setTimer();
  }

  #setTimer(): void {
    const { kernel } = this.#parts;
    const deadlineUs = this.#session.nextDeadline * 1000;
    const at = Math.max(Math.ceil(deadlineUs), kernel.now + 100);
    if (at >= this.#timerAtUs) return;
    this.#timerAtUs = at;
    kernel.at(at, { kind: "clientTimer", cause: kernel.current, client: this.id });
  }

  #connect(stream: number, endpoint: string): void {
    checkLeft(this.id, this.#connection);
    this.#stream = stream;
    this.#connection = this.#parts.connections.open(this.id, this.#balancer.serverAt(endpoint));
  }

  #disconnect(stream: number): void {
    if (stream !== this.#stream || this.#connection === undefined) return;
    this.#parts.connections.closeByClient(this.#connection);
    this.#connection = undefined;
  }

  #deliver(delivery: Delivery<HistoryOperation>): void {
    switch (delivery.type) {
      case "answer":
        this.#awaited.answered(delivery.request, delivery.result);
        return this.#answered(delivery.request.context, delivery.zxid, delivery.result);
      case "failed":
        this.#awaited.forget(delivery.request);
        return this.record.settled(delivery.request.context, "lost");
      case "event":
        this.#awaited.fired(delivery.event, delivery.watchers);
        return this.#tell("watch", {
          event: delivery.event,
          zxid: delivery.event.zxid,
          watches: delivery.watchers.map(watchOf),
        });
      case "state":
        if (delivery.state === "connected") {
          this.#attachedUs = this.#parts.kernel.now;
          return this.#tell("connected", {});
        }
        if (delivery.state === "suspended") return this.#tell("disconnected", {});
        if (delivery.state === "lost") return this.#tell("lost", {});
        if (delivery.state === "expired" || delivery.state === "closed")
          return this.#tell("ended", { reason: this.#lies.endReason(delivery.state, this.#session.trouble.code) });
        return;
      case "violation":
        if (this.#lies.told) return;
        throw new InvariantBroken("client-protocol", `client ${this.id} left a server: ${delivery.what}`);
    }
  }

  #answered(operation: HistoryOperation, zxid: number, result: Result): void {
    operation.result = result;
    operation.zxid = zxid;
    operation.sessionId = this.#session.identity.sessionId;
    operation.answeredBy = this.#connection?.server ?? 0;
    this.seen.remember(operation.invocation, result);
    this.record.settled(operation, "answered");
  }

  #tell(type: SessionEvent["type"], rest: Partial<SessionEvent>): void {
    const { sessionId, lastZxid: zxid } = this.#session.identity;
    const who = { client: this.id, life: this.life, server: this.#connection?.server ?? 0 };
    this.record.told({ ...who, sessionId, type, zxid, ...rest });
  }
}
