/**
 * One process of a simulated server: the production node, turn by turn, from the reading of its disk until it dies, which
 * may be at any effect. It takes the inputs that its machine gets, flushes at the end of each turn, and sets its timer.
 */
import { unreachable } from "../../src/base/assert.ts";
import { Node } from "../../src/node/node.ts";
import type { ServerId } from "../../src/raft/types.ts";
import { type Identity, openStorage, type Recovered } from "../../src/storage/open.ts";
import type { SimClock } from "./clock.ts";
import type { SimDisk } from "./disk.ts";
import type { SimEvent } from "./events.ts";
import { nodeOptions } from "./node-options.ts";
import { otherInstance } from "./other-life.ts";
import { portsOf, type ServerParts } from "./ports.ts";
import type { Draws } from "./random.ts";
import type { ServerView } from "./view.ts";

/** Shortest sleep of a server between two ticks, µs: no timer of a real machine is finer. */
const timerGrainUs = 100;

/** From a turn that leaves work to the next one, µs. */
const turnUs = 50;

/** Events that a server takes as inputs. */
export type Input = Extract<
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
      | "drained"
      | "brokenToServer";
  }
>;

/** The server as its process knows it: a machine that outlives it. */
export interface Machine extends ServerView {
  readonly clock: SimClock;
  readonly disk: SimDisk;
  /** Whether a flush comes late, and by how much. */
  readonly lateFlush: Draws;
  /** The process runs, with what it found on its disk. */
  running(recovered: Recovered): void;
  /** … and has begun. */
  started(): void;
  /** The process stops by itself. */
  stopped(error: Error): void;
  /** A turn of its process is over, or part of one. */
  observe(node: Node): void;
}

export class ServerProcess {
  /** While it runs. */
  node: Node | undefined;
  /** Of its kind in the run: keys its draws. */
  readonly name: string;
  readonly #machine: Machine;
  readonly #parts: ServerParts;
  readonly #life: number;
  #alive = true;
  /** What has arrived while it was paused. */
  #inbox: Input[] = [];
  #flushWanted = false;
  #flushScheduled = false;
  #tickAtUs = Number.POSITIVE_INFINITY;

  constructor(machine: Machine, parts: ServerParts) {
    this.#machine = machine;
    this.#parts = parts;
    this.#life = machine.life;
    this.name = `${machine.id}.${machine.life}`;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whether a turn has begun and not ended. */
  get hasUnflushedInput(): boolean {
    return this.#flushWanted;
  }

  /** Reads its disk, then runs. On a fresh disk it becomes who `identity` says. */
  start(identity: Identity): void {
    const ports = portsOf(this.#machine, this, this.#parts);
    openStorage(ports.disk, identity, this.#parts.bootstrap, (error, recovered) => {
      if (!this.#alive) return;
      if (recovered === undefined || error !== undefined)
        return this.#machine.stopped(error ?? new Error("nothing recovered"));
      this.#machine.running(recovered);
      const node = new Node(nodeOptions(this.#machine.id, this.#parts.plan.config), ports, recovered);
      if (!this.#alive) return;
      this.node = node;
      this.measure();
      this.#machine.started();
    });
  }

  /** It is no more: what it still wants done is not done. */
  die(): void {
    this.#alive = false;
    this.node = undefined;
    this.#inbox = [];
    this.#flushWanted = false;
    this.#flushScheduled = false;
    this.#tickAtUs = Number.POSITIVE_INFINITY;
  }

  /** The node wants its turn to end. */
  requestFlush(): void {
    if (this.#alive) this.#flushWanted = true;
  }

  /** The node cannot go on. */
  fatal(error: Error): void {
    if (this.#alive) this.#machine.stopped(error);
  }

  /** Tells the node whether its disk is almost full. */
  measure(): void {
    this.node?.setDiskLow(this.#machine.diskLow ? "the plan says so" : undefined);
  }

  /** Whether a timer that rings is the one that was set last; takes it if so. */
  takesTick({ life }: Extract<Input, { readonly kind: "tick" }>): boolean {
    if (life !== this.#life || this.#parts.kernel.now !== this.#tickAtUs) return false;
    this.#tickAtUs = Number.POSITIVE_INFINITY;
    return true;
  }

  /** An event for it; one that comes while it is paused waits. */
  handle(event: Input): void {
    if (this.#machine.pausedUntilUs > 0) {
      this.#inbox.push(event);
      return;
    }
    this.#input(event);
    this.afterInput();
  }

  /** A pause is over: takes up what has arrived meanwhile. */
  goOn(): void {
    this.measure();
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const event of inbox) if (this.#alive) this.#input(event);
    this.afterInput();
  }

  /** The clocks changed: deadlines come at other times. */
  clockChanged(): void {
    this.#tickAtUs = Number.POSITIVE_INFINITY;
    this.#setTimer();
  }

  /** Ends the turn if the node wants it, now or a little later; looks at what came of it. */
  afterInput(): void {
    if (this.node === undefined) return;
    if (this.#flushWanted && !this.#flushScheduled) {
      const { lateFlush, lateFlushUs } = this.#parts.plan.config;
      const { lateFlush: draws } = this.#machine;
      if (draws.chance(lateFlush)) this.#flushAfter(draws.below(lateFlushUs + 1));
      else this.#flush();
      // What one turn had no room for is done in the next: whatever has arrived meanwhile comes first.
      const hasMore = this.node?.hasReadsLeft === true || this.node?.hasEntriesLeft === true;
      if (this.#flushWanted && !this.#flushScheduled && hasMore) this.#flushAfter(turnUs);
    }
    if (this.node !== undefined) this.#machine.observe(this.node);
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
        if (this.node !== undefined && this.#machine.clock.now() >= this.node.nextDeadline()) this.node.tick();
        return;
      case "flush":
        if (event.life !== this.#life) return;
        this.#flushScheduled = false;
        this.#flush();
        return;
      case "written":
        event.write.done(event.write.error);
        return;
      case "scanned":
        this.#machine.disk.finishScan(event.scan);
        return;
      case "toServer":
        this.#hear(event);
        return;
      case "drained":
        this.#parts.kernel.observers.drained(this.#machine, event.connection);
        this.node?.clientReady(event.connection);
        return;
      case "brokenToServer":
        this.node?.clientDisconnected(event.connection);
        return;
      default:
        return unreachable(event);
    }
  }

  #hear({ connection, messages, admitted = messages }: Extract<Input, { readonly kind: "toServer" }>): void {
    if (this.node === undefined) return;
    this.#parts.kernel.observers.spokenTo(this.#machine, connection, messages);
    this.node.clientMessages(connection, admitted);
  }

  #receive(from: ServerId, event: Extract<Input, { readonly kind: "message" }>): void {
    if (this.node === undefined) return;
    const { hooks, kernel } = this.#parts;
    if (hooks.armed) hooks.receives(this.#machine, event.message);
    // Those who watch what the cluster's servers say have nothing to do with another life.
    if (event.instance !== otherInstance) kernel.observers.delivered(from, this.#machine, event.message);
    // A trigger may just have killed it.
    this.node?.receivePeer(from, [event.message], event.instance);
  }

  #flush(): void {
    this.#flushWanted = false;
    this.node?.flush();
  }

  #flushAfter(us: number): void {
    const { kernel } = this.#parts;
    this.#flushScheduled = true;
    kernel.after(us, { kind: "flush", cause: kernel.current, server: this.#machine.id, life: this.#life });
  }

  #setTimer(): void {
    // A turn that is about to end sets its timer then.
    if (this.node === undefined || this.#flushScheduled) return;
    const { kernel } = this.#parts;
    const deadlineUs = this.#machine.clock.virtualTimeOf(this.node.nextDeadline());
    const at = Math.max(deadlineUs, kernel.now + timerGrainUs);
    if (at >= this.#tickAtUs) return;
    this.#tickAtUs = at;
    kernel.at(at, { kind: "tick", cause: kernel.current, server: this.#machine.id, life: this.#life });
  }
}
