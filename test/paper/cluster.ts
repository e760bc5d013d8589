/**
 * Raft servers in one process, for tests that act out a scene of the paper: time, network and disks move only when the
 * test says so. Nothing is random but what the test draws.
 */
import { assert, present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { Random } from "../../src/base/random.ts";
import type {
  AppendEntries,
  AppendEntriesReply,
  Envelope,
  RaftMessage,
  RequestVote,
  RequestVoteReply,
} from "../../src/raft/messages.ts";
import { Raft, type RaftOptions } from "../../src/raft/raft.ts";
import type { Configuration, Entry, HardState, Index, LogWrite, ServerId, Term } from "../../src/raft/types.ts";

export const electionTimeoutMs = 100;
export const heartbeatMs = 20;
export const campaignDelayMaxMs = 5;

/** A configuration of voters, and of old voters while joint. */
export function configurationOf(
  voters: readonly ServerId[],
  oldVoters: readonly ServerId[] = [],
  learners: readonly ServerId[] = [],
): Configuration {
  const ids = [...new Set([...voters, ...oldVoters, ...learners])].sort((a, b) => a - b);
  const members = ids.map((id) => ({ id, peerAddress: `peer${id}:1`, clientAddress: `client${id}:1` }));
  return { members, voters, oldVoters, learners };
}

/** Entries with these terms from index 1 on; the first holds the configuration. */
export function entriesOfTerms(terms: readonly Term[], configuration: Configuration): Entry[] {
  return terms.map((term, at) =>
    at === 0
      ? { kind: "configuration", index: 1, term, configuration }
      : { kind: "command", index: at + 1, term, data: utf8(`${at + 1}@${term}`) },
  );
}

/** A command entry for hand-made messages. */
export function command(index: Index, term: Term): Entry {
  return { kind: "command", index, term, data: utf8(`${index}@${term}`) };
}

export function termsOf(entries: readonly Entry[]): Term[] {
  return entries.map((entry) => entry.term);
}

// Messages by hand: what a test does not name is the least that means anything.

export function appendEntries(fields: Partial<AppendEntries> & { term: Term }): AppendEntries {
  return {
    type: "AppendEntries",
    prevLogIndex: 0,
    prevLogTerm: 0,
    entries: [],
    leaderCommit: 0,
    readRound: 0,
    noReply: false,
    ...fields,
  };
}

export function appendEntriesReply(fields: Partial<AppendEntriesReply> & { term: Term }): AppendEntriesReply {
  return {
    type: "AppendEntriesReply",
    success: true,
    matchIndex: 0,
    rejectedIndex: 0,
    hintIndex: 0,
    hintTerm: 0,
    readRound: 0,
    ...fields,
  };
}

export function requestVote(fields: Partial<RequestVote> & { term: Term }): RequestVote {
  return {
    type: "RequestVote",
    lastLogIndex: 1,
    lastLogTerm: 1,
    preVote: false,
    leadershipTransfer: false,
    ...fields,
  };
}

export function requestVoteReply(fields: Partial<RequestVoteReply> & { term: Term }): RequestVoteReply {
  return { type: "RequestVoteReply", voteGranted: true, preVote: false, ...fields };
}

export interface ServerSetup {
  /** Terms of the log at the start; default: the bootstrap entry alone. */
  readonly terms?: readonly Term[];
  /** Default: the term of the last entry. */
  readonly currentTerm?: Term;
  readonly votedFor?: ServerId;
  readonly configuration?: Configuration;
  /** Default: always one half. */
  readonly random?: Random;
  readonly options?: Partial<RaftOptions>;
}

/** One server with its disk. */
export class TestServer {
  readonly id: ServerId;
  raft: Raft;
  /** What is on stable storage. */
  readonly disk: { hardState: HardState; readonly entries: Entry[] };
  /** Handed out for writing, not yet durable. */
  readonly writes: LogWrite[] = [];
  /** Everything that came out to be applied, since the last start. */
  committed: Entry[] = [];
  reads: { id: number; index: Index }[] = [];
  readonly #options: RaftOptions;
  readonly #configuration: Configuration;

  constructor(id: ServerId, members: readonly ServerId[], setup: ServerSetup = {}) {
    this.id = id;
    this.#configuration = setup.configuration ?? configurationOf(members);
    const entries = entriesOfTerms(setup.terms ?? [1], this.#configuration);
    const currentTerm = setup.currentTerm ?? entries.at(-1)?.term ?? 1;
    this.disk = { hardState: { currentTerm, votedFor: setup.votedFor ?? 0 }, entries };
    this.#options = {
      id,
      electionTimeoutMs,
      heartbeatMs,
      campaignDelayMaxMs,
      random: setup.random ?? (() => 0.5),
      ...setup.options,
    };
    this.raft = this.#start(0);
  }

  /** Ends a turn of the server: what it writes waits for {@link sync}; returns what it sends. */
  flush(): readonly Envelope[] {
    const effects = this.raft.takeEffects();
    if (effects.write !== undefined) this.writes.push(effects.write);
    this.committed.push(...effects.committed);
    this.reads.push(...effects.reads);
    return effects.messages;
  }

  /** Completes the writes up to `token` (default: all). */
  sync(token = Number.POSITIVE_INFINITY): void {
    let last = 0;
    for (let write = this.writes[0]; write !== undefined && write.token <= token; write = this.writes[0]) {
      this.writes.shift();
      this.#write(write);
      last = write.token;
    }
    if (last > 0) this.raft.persisted(last);
  }

  /** Ends turns until the disk has nothing to do; returns everything that was sent. */
  turn(): Envelope[] {
    const sent = [...this.flush()];
    while (this.writes.length > 0) {
      this.sync();
      sent.push(...this.flush());
    }
    return sent;
  }

  /** Receives one message, and goes on until the disk is idle; returns the answers. */
  answer(from: ServerId, message: RaftMessage): RaftMessage[] {
    this.raft.receive(from, message);
    return this.turn().map((envelope) => envelope.message);
  }

  /** Loses everything that is not on stable storage, and starts again. */
  restart(now: number): void {
    this.writes.length = 0;
    this.committed = [];
    this.reads = [];
    this.raft = this.#start(now);
  }

  /** The terms of the log, unsynced entries included. */
  terms(): Term[] {
    const entries = [...this.disk.entries];
    for (const write of this.writes) applyTo(entries, write);
    return termsOf(entries);
  }

  #write(write: LogWrite): void {
    if (write.hardState !== undefined) this.disk.hardState = write.hardState;
    applyTo(this.disk.entries, write);
  }

  #start(now: number): Raft {
    const { hardState, entries } = this.disk;
    const base = { index: 0, term: 0, configuration: this.#configuration };
    return new Raft(this.#options, { hardState, entries: [...entries], base }, now);
  }
}

function applyTo(entries: Entry[], write: LogWrite): void {
  if (write.truncateFrom !== undefined) entries.length = write.truncateFrom - 1;
  for (const entry of write.entries) {
    assert(entry.index === entries.length + 1, "a write leaves no gap in the log on disk");
    entries.push(entry);
  }
}

export interface Packet {
  readonly from: ServerId;
  readonly to: ServerId;
  readonly message: RaftMessage;
}

/** Servers 1 to n, a network that holds packets until they are delivered, and one clock. */
export class TestCluster {
  now = 0;
  readonly servers: readonly TestServer[];
  /** Sent and not delivered. */
  packets: Packet[] = [];
  /** Servers that nothing reaches or leaves, and that do not run. */
  readonly down = new Set<ServerId>();
  /** Servers whose disk hangs: no write completes. */
  readonly hung = new Set<ServerId>();
  readonly #cut = new Set<string>();

  constructor(size: number, setup: (id: ServerId) => ServerSetup = () => ({})) {
    const ids = Array.from({ length: size }, (_, at) => at + 1);
    this.servers = ids.map((id) => new TestServer(id, ids, setup(id)));
  }

  server(id: ServerId): TestServer {
    return present(this.servers[id - 1], `server ${id}`);
  }

  /** Those that believe that they lead. */
  leaders(): ServerId[] {
    return this.#running()
      .filter((server) => server.raft.isLeader)
      .map((server) => server.id);
  }

  /** Ends a turn of every server that runs; what they send is in the network then. */
  flush(): void {
    for (const server of this.#running()) this.collect(server.id, server.flush());
  }

  /** Puts what a server sent into the network. */
  collect(from: ServerId, messages: readonly Envelope[]): void {
    for (const { to, message } of messages) this.packets.push({ from, to, message });
  }

  /** Delivers the packets that the network holds and that `wanted` picks; the others stay. */
  deliver(wanted: (packet: Packet) => boolean = () => true): void {
    const packets = this.packets;
    this.packets = [];
    for (const packet of packets) {
      if (!wanted(packet)) this.packets.push(packet);
      else if (this.#connected(packet)) this.server(packet.to).raft.receive(packet.from, packet.message);
    }
  }

  /** Loses the packets that `unwanted` picks. */
  drop(unwanted: (packet: Packet) => boolean = () => true): void {
    this.packets = this.packets.filter((packet) => !unwanted(packet));
  }

  /** Lets disks and network do all there is to do at the present time. */
  settle(): void {
    for (;;) {
      for (const server of this.#running())
        this.collect(server.id, this.hung.has(server.id) ? server.flush() : server.turn());
      if (this.packets.length === 0) return;
      this.deliver();
    }
  }

  /** Lets time pass, a millisecond a step, everything else being immediate. */
  run(ms: number): void {
    for (let step = 0; step < ms; step++) {
      this.advance(1);
      for (const server of this.#running()) if (this.now >= server.raft.nextDeadline()) server.raft.tick();
      this.settle();
    }
  }

  /** Lets time pass without anybody acting on it. */
  advance(ms: number): void {
    this.now += ms;
    for (const server of this.servers) server.raft.advanceTo(this.now);
  }

  /** Makes `id` campaign after a time in which nobody heard of a leader; true if it leads then. */
  elect(id: ServerId): boolean {
    this.advance(2 * electionTimeoutMs);
    this.server(id).raft.tick();
    this.settle();
    return this.server(id).raft.isLeader;
  }

  /** Proposes one command per text at the leader `id`. */
  propose(id: ServerId, ...texts: string[]): void {
    const answer = this.server(id).raft.propose(texts.map(utf8));
    assert(answer === "accepted", `server ${id} takes proposals: ${answer}`);
  }

  /** Nothing passes between servers of different groups any more; {@link heal} undoes it. */
  partition(...groups: (readonly ServerId[])[]): void {
    this.#cut.clear();
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue;
        for (const from of group) for (const to of other) this.cut(from, to);
      }
    }
  }

  /** Loses everything on the way from one server to another. */
  cut(from: ServerId, to: ServerId): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Stops a server at once; its peers notice when {@link disconnect} says so. */
  crash(id: ServerId): void {
    this.down.add(id);
    this.drop((packet) => packet.to === id);
  }

  restart(id: ServerId): void {
    this.down.delete(id);
    this.server(id).restart(this.now);
  }

  /** The others see their streams from `id` break. */
  disconnect(id: ServerId): void {
    for (const server of this.#running()) if (server.id !== id) server.raft.peerDisconnected(id);
  }

  #running(): readonly TestServer[] {
    return this.down.size === 0 ? this.servers : this.servers.filter((server) => !this.down.has(server.id));
  }

  #connected({ from, to }: Packet): boolean {
    return !this.down.has(to) && !this.#cut.has(`${from}>${to}`);
  }
}
