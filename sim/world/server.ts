/**
 * A simulated server: the production node in a process that can die at any effect, on a machine with a disk and clocks
 * that live on.
 */
import { Node } from "../../src/node/node.ts";
import type { Ports } from "../../src/node/ports.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";
import { type Identity, openStorage, type Recovered } from "../../src/storage/open.ts";
import { serverCount } from "../plan/plan.ts";
import { SimClock } from "./clock.ts";
import { keyText, SimDisk } from "./disk.ts";
import type { SimEvent } from "./events.ts";
import { otherInstance, restoredRows } from "./other-life.ts";
import { type Life, portsOf, type ServerHost } from "./ports.ts";
import type { Draws } from "./random.ts";
import { stopReason } from "./stop-reason.ts";
import type { ServerView } from "./view.ts";

/** The cluster id of all simulated clusters. */
export const clusterId = "simulated";

/** Shortest sleep of a server between two ticks, µs: no timer of a real machine is finer. */
const timerGrainUs = 100;

/** From a turn that leaves work to the next one, µs. */
const turnUs = 50;

/** Events that a server takes as inputs. */
type Input = Extract<
  SimEvent,
  {
    readonly kind:
      | "message"
      | "streamBroken"
      | "tick"
      | "flush"
      | "written"
      | "scanned"
      | "toServer"
      | "brokenToServer";
  }
>;

/** See the file's comment. */
export class SimServer implements ServerView {
  readonly id: ServerId;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  /** `starting`: reads its disk. */
  state: "down" | "starting" | "running" = "down";
  /** Which start of its process this is, from 1; not to be confused with the incarnation of its data. */
  life = 0;
  /** While it runs. */
  node: Node | undefined;
  /** What the running process found on its disk when it started. */
  recovered: Recovered | undefined;
  /** Why it will never start again; empty while it may. */
  goneForGood: "" | "wiped" | "corrupt" | "broken" = "";
  /** It has taken part in the cluster. */
  admitted = false;
  /** It had taken part when it lost its disk. */
  wiped = false;
  /** Its directory was emptied, or given other data, before it took part. */
  emptied = false;
  /** It has the data of a backup that the others do not have. */
  restored = false;
  /** Incarnations of such data. */
  readonly strange = new Set<number>();
  /** The newest configuration that it was seen to use. */
  configuration: Configuration | undefined;
  pausedUntilUs = 0;
  diskLow = false;
  readonly #host: ServerHost;
  readonly #lateFlush: Draws;
  readonly #incarnations: Draws;
  #life: Life = { alive: false };
  #inbox: Input[] = [];
  #flushWanted = false;
  #flushScheduled = false;
  #tickAtUs = Number.POSITIVE_INFINITY;

  constructor(id: ServerId, host: ServerHost) {
    const { kernel, plan } = host;
    this.id = id;
    this.#host = host;
    const skew = kernel.randomness.draws("clock skew", id);
    const { wallSkewMs, diskUs } = plan.config;
    this.clock = new SimClock(kernel, skew.between(0, 1_000_000), skew.between(-wallSkewMs, wallSkewMs));
    this.disk = new SimDisk(kernel, this, diskUs);
    this.#incarnations = kernel.randomness.draws("incarnation", id);
    this.#lateFlush = kernel.randomness.draws("late flush", id);
  }

  /** Whether it runs and is not paused. */
  get awake(): boolean {
    return this.state === "running" && this.pausedUntilUs === 0;
  }

  /** Begins its process, unless it runs or is gone for good. */
  start(): void {
    if (this.state !== "down" || this.goneForGood !== "") return;
    this.state = "starting";
    this.life++;
    const life: Life = { alive: true };
    this.#life = life;
    for (const observer of this.#host.kernel.observers.starting) observer.starting(this);
    const own = {
      life,
      name: `${this.id}.${this.life}`,
      requestFlush: () => {
        if (life.alive) this.#flushWanted = true;
      },
      fatal: (error: Error) => {
        if (life.alive) this.#stop(error);
      },
    };
    const ports = portsOf(this, own, this.#host);
    // Looked at only if the disk is fresh.
    openStorage(ports.disk, this.#newIdentity(), this.#host.bootstrap, (error, recovered) => {
      if (!life.alive) return;
      if (recovered === undefined || error !== undefined) this.#stop(error ?? new Error("nothing recovered"));
      else this.#run(ports, recovered);
    });
  }

  /** Dies: each batch under way to its disk has made it with probability `keep`. Starts again, unless told 0. */
  crash(why: string, keep: number, restartAfterMs: number): void {
    if (this.state === "down") return;
    this.#die(keep);
    for (const observer of this.#host.kernel.observers.crashed) observer.crashed(this, why);
    if (restartAfterMs > 0) this.#restartAfter(restartAfterMs);
  }

  /** Dies and loses its disk; starts again all the same, unless told 0. Spares a server that has not taken part. */
  wipe(restartAfterMs: number): void {
    if (!this.admitted) return;
    this.crash("wiped", 0, 0);
    this.disk.wipe();
    this.wiped = true;
    if (restartAfterMs > 0) this.#restartAfter(restartAfterMs);
    else this.goneForGood = "wiped";
  }

  /** While the cluster is being formed: its directory is emptied, or given what a backup holds, and it starts. */
  refill(from: "nothing" | "backup"): void {
    if (this.admitted || this.goneForGood !== "") return;
    this.crash("its directory is given other data", 0, 0);
    this.disk.wipe();
    this.emptied = true;
    this.restored = from === "backup";
    if (this.restored) {
      const identity = this.#newIdentity();
      this.strange.add(identity.incarnation);
      for (const row of restoredRows(identity, this.#host.bootstrap)) this.disk.rows.set(keyText(row.key), row);
    }
    this.start();
  }

  #newIdentity(): Identity & { readonly incarnation: number } {
    const joining = !this.#host.bootstrap.voters.includes(this.id);
    return { clusterId, serverId: this.id, incarnation: 1 + this.#incarnations.below(2 ** 31), joining };
  }

  /** It has nothing to do with the cluster that is watched: a log of the same numbers, with another history. */
  get #isStranger(): boolean {
    return this.restored && !this.admitted;
  }

  /** An operator asks something of it. */
  operate(ask: (node: Node) => void): void {
    if (!this.awake || this.node === undefined) return;
    ask(this.node);
    this.#afterInput();
  }

  /** Its disk is almost full, or has room again; the server learns of it as soon as it is awake. */
  setDiskLow(low: boolean): void {
    this.diskLow = low;
    this.operate((node) => this.#measure(node));
  }

  #measure(node: Node): void {
    node.setDiskLow(this.diskLow ? "the plan says so" : undefined);
  }

  /** Whether a turn has begun and not ended. */
  get hasUnflushedInput(): boolean {
    return this.#flushWanted;
  }

  /** Everything about its machine is well again; it starts if it was down. */
  mend(): void {
    this.disk.mend();
    this.setDiskLow(false);
    this.clock.setRate(1);
    this.clockChanged();
    this.pausedUntilUs = Math.min(this.pausedUntilUs, this.#host.kernel.now);
    this.resume();
    this.start();
  }

  /** Does nothing until `untilUs`. */
  pause(untilUs: number): void {
    if (this.state !== "running") return;
    const { kernel } = this.#host;
    this.pausedUntilUs = Math.max(this.pausedUntilUs, untilUs);
    kernel.at(this.pausedUntilUs, { kind: "resume", cause: kernel.current, server: this.id });
  }

  /** Takes up what has arrived meanwhile, if the pause is over. */
  resume(): void {
    if (this.pausedUntilUs === 0 || this.#host.kernel.now < this.pausedUntilUs) return;
    this.pausedUntilUs = 0;
    for (const observer of this.#host.kernel.observers.woke) observer.woke(this);
    if (this.node !== undefined) this.#measure(this.node);
    const inbox = this.#inbox;
    this.#inbox = [];
    const life = this.#life;
    for (const event of inbox) if (life.alive) this.#input(event);
    if (life.alive) this.#afterInput();
  }

  /** An event for this server. Returns false if it was none after all: an overtaken timer. */
  handle(event: Input): boolean {
    if (event.kind === "tick") {
      if (event.life !== this.life || this.#host.kernel.now !== this.#tickAtUs) return false;
      this.#tickAtUs = Number.POSITIVE_INFINITY;
    } else if (event.kind === "written") {
      if (this.disk.complete(event.write) !== "done") return false;
      if (event.write.error === undefined) this.#host.hooks.persists(this);
    }
    if (this.state === "down") return true;
    if (this.pausedUntilUs > 0) {
      this.#inbox.push(event);
      return true;
    }
    this.#input(event);
    this.#afterInput();
    return true;
  }

  /** Its clocks changed: deadlines come at other times. */
  clockChanged(): void {
    this.#tickAtUs = Number.POSITIVE_INFINITY;
    this.#setTimer();
  }

  #input(event: Input): void {
    switch (event.kind) {
      case "message":
        return this.#receive(event.from, event);
      case "streamBroken":
        this.node?.peerDisconnected(event.peer);
        // Streams break in both directions, and open again at once.
        this.node?.peerConnected(event.peer);
        return;
      case "tick":
        if (this.node !== undefined && this.clock.now() >= this.node.nextDeadline()) this.node.tick();
        return;
      case "flush":
        if (event.life !== this.life) return;
        this.#flushScheduled = false;
        this.#flush();
        return;
      case "written":
        event.write.done(event.write.error);
        return;
      case "scanned":
        this.disk.finishScan(event.scan);
        return;
      case "toServer":
        this.#hear(event);
        return;
      case "brokenToServer":
        this.node?.clientDisconnected(event.connection);
        return;
    }
  }

  #hear({ connection, messages }: Extract<Input, { readonly kind: "toServer" }>): void {
    if (this.node === undefined) return;
    for (const observer of this.#host.kernel.observers.spokenTo) observer.spokenTo(this, connection);
    this.node.clientMessages(connection, messages);
  }

  #receive(from: ServerId, event: Extract<Input, { readonly kind: "message" }>): void {
    if (this.node === undefined) return;
    const { hooks, kernel } = this.#host;
    if (hooks.armed) hooks.receives(this, event.message);
    // Those who watch what the cluster's servers say have nothing to do with another life.
    if (event.instance !== otherInstance)
      for (const observer of kernel.observers.delivered) observer.delivered(from, this, event.message);
    // A trigger may just have killed it.
    this.node?.receivePeer(from, [event.message], event.instance);
  }

  #afterInput(): void {
    if (this.node === undefined) return;
    if (this.#flushWanted && !this.#flushScheduled) {
      const { kernel, plan } = this.#host;
      if (this.#lateFlush.chance(plan.config.lateFlush)) {
        this.#flushScheduled = true;
        const delay = this.#lateFlush.below(plan.config.lateFlushUs + 1);
        kernel.after(delay, { kind: "flush", cause: kernel.current, server: this.id, life: this.life });
      } else this.#flush();
      this.#goOn();
    }
    this.#observe();
    this.#setTimer();
  }

  #flush(): void {
    this.#flushWanted = false;
    this.node?.flush();
  }

  /** Reads that one turn had no room for are answered in the next: whatever has arrived meanwhile comes first. */
  #goOn(): void {
    if (!this.#flushWanted || this.#flushScheduled || this.node?.hasReadsLeft !== true) return;
    const { kernel } = this.#host;
    this.#flushScheduled = true;
    kernel.after(turnUs, { kind: "flush", cause: kernel.current, server: this.id, life: this.life });
  }

  #observe(): void {
    if (this.node === undefined) return;
    if (this.node.admitted) this.admitted = true;
    if (this.#isStranger) return;
    this.configuration = this.node.raft.configuration;
    const { hooks, kernel } = this.#host;
    for (const observer of kernel.observers.step) observer.step(this);
    if (hooks.armed) hooks.step(this);
  }

  #setTimer(): void {
    // A turn that is about to end sets its timer then.
    if (this.node === undefined || this.#flushScheduled) return;
    const { kernel } = this.#host;
    const at = Math.max(this.clock.virtualTimeOf(this.node.nextDeadline()), kernel.now + timerGrainUs);
    if (at >= this.#tickAtUs) return;
    this.#tickAtUs = at;
    kernel.at(at, { kind: "tick", cause: kernel.current, server: this.id, life: this.life });
  }

  #run(ports: Ports, recovered: Recovered): void {
    const { kernel, plan } = this.#host;
    const { electionTimeoutMs, heartbeatMs, appendBytesMax, appendsInFlightMax, undurableBytesMax } = plan.config;
    this.recovered = recovered;
    this.state = "running";
    const options = {
      id: this.id,
      clusterId,
      electionTimeoutMs,
      heartbeatMs,
      campaignDelayMaxMs: Math.max(1, Math.floor(electionTimeoutMs / 30)),
      sessionTickMs: 250,
      proposalRetryMs: Math.max(1, Math.floor(electionTimeoutMs / 2)),
      raftLimits: { appendBytesMax, appendsInFlightMax, undurableBytesMax },
      checkpoints: plan.config.checkpoints,
      readWork: plan.config.readWork,
    };
    this.node = new Node(options, ports, recovered);
    this.#measure(this.node);
    if (!this.#isStranger) for (const observer of kernel.observers.started) observer.started(this);
  }

  /** The server stopped by itself, and said why. */
  #stop(error: Error): void {
    const reason = stopReason(this, error);
    this.#die(0.5);
    if (reason !== "diskFailed") this.goneForGood = reason;
    for (const observer of this.#host.kernel.observers.stopped) observer.stopped(this, error);
    // Somebody looks after it and starts it again.
    if (reason === "diskFailed") this.#restartAfter(this.#lateFlush.between(1_000, 3_000));
  }

  #die(keep: number): void {
    const { kernel, plan, network, connections } = this.#host;
    this.#life.alive = false;
    this.state = "down";
    this.node = undefined;
    this.recovered = undefined;
    this.pausedUntilUs = 0;
    this.#inbox = [];
    this.#flushWanted = false;
    this.#flushScheduled = false;
    this.#tickAtUs = Number.POSITIVE_INFINITY;
    this.disk.crash(keep);
    for (let peer = 1; peer <= serverCount(plan.config); peer++)
      if (peer !== this.id) network.streamBroken(this.id, peer);
    connections.serverDied(this.id);
    kernel.mix(this.life);
  }

  #restartAfter(ms: number): void {
    const { kernel } = this.#host;
    kernel.after(Math.round(ms * 1000), { kind: "restart", cause: kernel.current, server: this.id });
  }
}
