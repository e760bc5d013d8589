/** All that a server has for those who look at it and its cluster: what it notes, whom it asks, the pages that show it. */
import { fileURLToPath } from "node:url";
import { limits } from "../base/limits.ts";
import { splitAddress } from "../doors/address.ts";
import type { DoorLog } from "../doors/door-log.ts";
import type { FileBudget } from "../doors/files.ts";
import { Guests } from "../http/guests.ts";
import type { SessionsAnswer } from "../http/observed.ts";
import { Pages } from "../http/pages.ts";
import type { Site } from "../http/site.ts";
import type { Node } from "../node/node.ts";
import type { Clock } from "../node/ports.ts";
import type { NodeStatus } from "../node/status.ts";
import type { Question } from "../rpc/peer-observe.ts";
import type { PeerTransport } from "../rpc/peer-transport.ts";
import type { Applied, Command } from "../znode/commands.ts";
import { Feed } from "./feed.ts";
import { Observatory } from "./observatory.ts";
import type { ServeOptions } from "./options.ts";
import { OwnGlimpse } from "./own-glimpse.ts";
import { raftFeed } from "./raft-feed.ts";

/** Where the build leaves the pages, as seen from the compiled code and from the sources. */
const pagesDirectory = fileURLToPath(
  new URL(import.meta.url.includes("/dist/src/") ? "../../web/" : "../../dist/web/", import.meta.url),
);

/** What a lookout looks at; the node and its peers are made after it. */
export interface LookoutSources {
  readonly options: Pick<
    ServeOptions,
    "id" | "httpAddress" | "zookeeperAddress" | "peerAddress" | "dashboard" | "httpNames"
  >;
  readonly clock: Clock;
  readonly node: () => Node;
  readonly peers: () => PeerTransport;
  readonly log: DoorLog;
}

export class Lookout {
  readonly #sources: LookoutSources;
  readonly #feed = new Feed();
  readonly #glimpse: OwnGlimpse;
  readonly #observatory: Observatory;
  readonly #tellRaft: ReturnType<typeof raftFeed>;
  readonly #hasPages: boolean;
  #address: string | undefined;
  #zookeeperAddress: string | undefined;

  constructor(sources: LookoutSources) {
    this.#sources = sources;
    const { clock, node, peers, options, log } = sources;
    const { id } = options;
    this.#hasPages = options.dashboard && options.httpAddress !== undefined;
    this.#tellRaft = raftFeed(id, this.#feed, clock.wallClock);
    this.#glimpse = new OwnGlimpse({
      status: () => this.status(),
      votedFor: () => node().raft.status().votedFor,
      votes: () => node().raft.votes,
      electionTimer: () => node().raft.electionTimer,
      lastTerms: (max) => node().raft.lastTerms(max),
      links: () =>
        [...peers().linkStats()].map(([to, { connected, queuedBytes, droppedMessages, sentByKind: sent }]) => ({
          ...{ id: to, connected, queuedBytes, droppedMessages, sent },
        })),
      now: clock.now,
      processorMs,
      memoryBytes: () => process.memoryUsage.rss(),
    });
    this.#observatory = new Observatory({
      self: id,
      own: () => this.#glimpse.take(),
      sessions: (after, max) => node().lookers.sessionsBehind(after, max),
      sessionCount: () => node().machine.counts().sessions,
      watches: () => ({ id, total: node().status().watches, watched: node().lookers.watched(limits.observedRowsMax) }),
      appliedIndex: () => node().machine.appliedIndex,
      others: () => node().raft.configuration.members.flatMap((member) => (member.id === id ? [] : [member.id])),
      ask: (to, question, timeoutMs) => peers().observe(to, question, timeoutMs),
      feed: this.#feed,
      failed: (err) => log.error({ err }, "could not look at the cluster"),
      now: clock.now,
      wallClock: clock.wallClock,
    });
  }

  /** The node's status, and where the dashboard is, and ZooKeeper's door. */
  status(): NodeStatus {
    const [httpAddress, zookeeperAddress] = [this.#address, this.#zookeeperAddress];
    return {
      ...this.#sources.node().status(),
      ...(httpAddress === undefined ? {} : { httpAddress }),
      ...(zookeeperAddress === undefined ? {} : { zookeeperAddress }),
    };
  }

  /** Live sessions behind `after`, as all servers together know them. @throws TerrariumError OVERLOADED */
  sessions(after: number): Promise<SessionsAnswer> {
    return this.#observatory.sessions(after);
  }

  /** The pages; undefined if they are not to be served. */
  site({ http }: FileBudget): Site | undefined {
    const { id, dashboard, httpAddress, httpNames } = this.#sources.options;
    if (!dashboard || httpAddress === undefined) return undefined;
    return {
      server: id,
      pages: new Pages(pagesDirectory),
      guests: new Guests([splitAddress(httpAddress).host, this.#reachable(httpAddress), ...httpNames]),
      observer: this.#observatory,
      tree: () => this.#sources.node().machine,
      // One address may have three quarters of the connections: the page on top of these is to be told, not cut off.
      livePagesMax: Math.min(limits.livePagesMax, Math.max(1, Math.floor((http * 3) / 4) - 8)),
    };
  }

  /** HTTP, and ZooKeeper's door, listen at these ports; undefined: nowhere. */
  listens(http: number | undefined, zookeeper?: number): void {
    const { dashboard, httpAddress, zookeeperAddress } = this.#sources.options;
    if (dashboard && httpAddress !== undefined && http !== undefined) this.#address = this.#place(httpAddress, http);
    if (zookeeperAddress !== undefined && zookeeper !== undefined)
      this.#zookeeperAddress = this.#place(zookeeperAddress, zookeeper);
  }

  /** Where people and programs get to a port of what listens at `address`. */
  #place(address: string, port: number): string {
    const reachable = this.#reachable(address);
    return reachable.includes(":") ? `[${reachable}]:${port}` : `${reachable}:${port}`;
  }

  /** The host by which people are sent to the pages, and by which they may ask then. */
  #reachable(address: string): string {
    const { host } = splitAddress(address);
    // Nobody can go "everywhere": where other servers come to is as good a guess as any.
    return host === "0.0.0.0" || host === "::" ? splitAddress(this.#sources.options.peerAddress).host : host;
  }

  /** A turn of the loop has ended; it took this long, ms. */
  turned(durationMs: number): void {
    this.#glimpse.turn(durationMs);
    if (this.#tellRaft(this.#sources.node().raft)) this.#observatory.hurry();
  }

  /** A durable write took this long, ms. */
  diskWrite(durationMs: number): void {
    this.#glimpse.diskWrite(durationMs);
  }

  /** Clients have asked for so many reads and writes. */
  asked(reads: number, writes: number): void {
    this.#glimpse.asked(reads, writes);
  }

  /** A request was answered within this time, ms. */
  answered(kind: "read" | "write", durationMs: number): void {
    this.#glimpse.answered(kind, durationMs);
  }

  /** A command was applied. */
  applied(command: Command, applied: Applied): void {
    // Only this server's own pages tell of it, so a server without any has nothing to do for each entry.
    if (this.#hasPages) this.#feed.applied(command, applied);
  }

  /** Answers another server that looks: JSON. */
  tell(question: Question): string {
    return this.#observatory.tell(question);
  }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
