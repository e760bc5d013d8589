/**
 * A simulated server: a machine with a disk and clocks, on which one process of the production node runs after the other
 * (`process.ts`). Faults befall the machine.
 */
import type { Node } from "../../src/node/node.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";
import type { Identity, Recovered } from "../../src/storage/open.ts";
import { serverCount } from "../plan/plan.ts";
import { SimClock } from "./clock.ts";
import { keyText, SimDisk } from "./disk.ts";
import { clusterId } from "./node-options.ts";
import { restoredRows } from "./other-life.ts";
import type { ServerParts } from "./ports.ts";
import { type Input, type Machine, ServerProcess } from "./process.ts";
import type { Draws } from "./random.ts";
import { stopReason } from "./stop-reason.ts";

/** One server of a run, whatever becomes of its processes. */
export class SimServer implements Machine {
  readonly id: ServerId;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  /** `starting`: reads its disk. */
  state: "down" | "starting" | "running" = "down";
  /** Which start of its process this is, from 1; not to be confused with the incarnation of its data. */
  life = 0;
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
  readonly lateFlush: Draws;
  readonly #parts: ServerParts;
  readonly #incarnations: Draws;
  /** The newest, dead or alive. */
  #process: ServerProcess | undefined;

  constructor(id: ServerId, parts: ServerParts) {
    const { kernel, plan } = parts;
    this.id = id;
    this.#parts = parts;
    const skew = kernel.randomness.draws("clock skew", id);
    const { wallSkewMs, diskUs } = plan.config;
    this.clock = new SimClock(kernel, skew.between(0, 1_000_000), skew.between(-wallSkewMs, wallSkewMs));
    this.disk = new SimDisk(kernel, this, diskUs);
    this.#incarnations = kernel.randomness.draws("incarnation", id);
    this.lateFlush = kernel.randomness.draws("late flush", id);
  }

  /** While it runs. */
  get node(): Node | undefined {
    return this.#process?.node;
  }

  /** Whether it runs and is not paused. */
  get awake(): boolean {
    return this.state === "running" && this.pausedUntilUs === 0;
  }

  /** Whether a turn has begun and not ended. */
  get hasUnflushedInput(): boolean {
    return this.#process?.hasUnflushedInput ?? false;
  }

  /** Begins a process, unless one runs or the server is gone for good. */
  start(): void {
    if (this.state !== "down" || this.goneForGood !== "") return;
    this.state = "starting";
    this.life++;
    this.#process = new ServerProcess(this, this.#parts);
    this.#parts.kernel.observers.starting(this);
    // Looked at only if the disk is fresh.
    this.#process.start(this.#newIdentity());
  }

  running(recovered: Recovered): void {
    this.recovered = recovered;
    this.state = "running";
  }

  started(): void {
    if (!this.#isStranger) this.#parts.kernel.observers.started(this);
  }

  /** Dies: each batch under way to its disk has made it with probability `keep`. Starts again, unless told 0. */
  crash(why: string, keep: number, restartAfterMs: number): void {
    if (this.state === "down") return;
    this.#die(keep);
    this.#parts.kernel.observers.crashed(this, why);
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
  refill(from: "nothing" | "backup" | "unnamed backup"): void {
    if (this.admitted || this.goneForGood !== "") return;
    this.crash("its directory is given other data", 0, 0);
    this.disk.wipe();
    this.emptied = true;
    this.restored = from !== "nothing";
    if (this.restored) {
      const identity = this.#newIdentity();
      this.strange.add(identity.incarnation);
      const rows = restoredRows(identity, this.#parts.bootstrap, from === "unnamed backup");
      for (const row of rows) this.disk.rows.set(keyText(row.key), row);
    }
    this.start();
  }

  #newIdentity(): Identity & { readonly incarnation: number } {
    const joining = !this.#parts.bootstrap.voters.includes(this.id);
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
    this.#process?.afterInput();
  }

  /** Its disk is almost full, or has room again; the server learns of it as soon as it is awake. */
  setDiskLow(low: boolean): void {
    this.diskLow = low;
    this.operate(() => this.#process?.measure());
  }

  /** Everything about its machine is well again; it starts if it was down. */
  mend(): void {
    this.disk.mend();
    this.setDiskLow(false);
    this.clock.setRate(1);
    this.clockChanged();
    this.pausedUntilUs = Math.min(this.pausedUntilUs, this.#parts.kernel.now);
    this.resume();
    this.start();
  }

  /** Does nothing until `untilUs`. */
  pause(untilUs: number): void {
    if (this.state !== "running") return;
    const { kernel } = this.#parts;
    this.pausedUntilUs = Math.max(this.pausedUntilUs, untilUs);
    kernel.at(this.pausedUntilUs, { kind: "resume", cause: kernel.current, server: this.id });
  }

  /** Takes up what has arrived meanwhile, if the pause is over. */
  resume(): void {
    if (this.pausedUntilUs === 0 || this.#parts.kernel.now < this.pausedUntilUs) return;
    this.pausedUntilUs = 0;
    this.#parts.kernel.observers.woke(this);
    this.#process?.goOn();
  }

  /** An event for this server. Returns false if it was none after all: an overtaken timer. */
  handle(event: Input): boolean {
    if (event.kind === "tick") {
      if (this.#process?.takesTick(event) !== true) return false;
    } else if (event.kind === "written") {
      if (this.disk.complete(event.write) !== "done") return false;
      if (event.write.error === undefined) this.#parts.hooks.persists(this);
    }
    if (this.state !== "down") this.#process?.handle(event);
    return true;
  }

  /** Its clocks changed: deadlines come at other times. */
  clockChanged(): void {
    this.#process?.clockChanged();
  }

  observe(node: Node): void {
    if (node.admitted) this.admitted = true;
    if (this.#isStranger) return;
    this.configuration = node.raft.configuration;
    const { hooks, kernel } = this.#parts;
    kernel.observers.step(this);
    if (hooks.armed) hooks.step(this);
  }

  /** The server stopped by itself, and said why. */
  stopped(error: Error): void {
    const reason = stopReason(this, error);
    this.#die(0.5);
    if (reason !== "diskFailed") this.goneForGood = reason;
    this.#parts.kernel.observers.stopped(this, error);
    // Somebody looks after it and starts it again.
    if (reason === "diskFailed") this.#restartAfter(this.lateFlush.between(1_000, 3_000));
  }

  #die(keep: number): void {
    const { kernel, plan, network, connections } = this.#parts;
    this.#process?.die();
    this.state = "down";
    this.recovered = undefined;
    this.pausedUntilUs = 0;
    this.disk.crash(keep);
    for (let peer = 1; peer <= serverCount(plan.config); peer++)
      if (peer !== this.id) network.streamBroken(this.id, peer);
    connections.serverDied(this.id);
    kernel.mix(this.life);
  }

  #restartAfter(ms: number): void {
    const { kernel } = this.#parts;
    kernel.after(Math.round(ms * 1000), { kind: "restart", cause: kernel.current, server: this.id });
  }
}
