/** What a server notes and tells for those who look: figures, the feed, the view of the cluster, and whom it asks. */
import { describe, expect, it } from "vitest";
import type { ClusterView, FeedEvent, Glimpse } from "../../src/http/observed.ts";
import { type SessionPage, sessionPage } from "../../src/node/clients/session-page.ts";
import type { Node } from "../../src/node/node.ts";
import type { MemberStatus, NodeStatus } from "../../src/node/status.ts";
import type { Question } from "../../src/rpc/peer-observe.ts";
import type { PeerTransport } from "../../src/rpc/peer-transport.ts";
import { clusterView, type KnownServer } from "../../src/server/cluster-view.ts";
import { Feed } from "../../src/server/feed.ts";
import { Rate, RecentDurations } from "../../src/server/figures.ts";
import { isGlimpse } from "../../src/server/heard.ts";
import { Lookout } from "../../src/server/lookout.ts";
import { Observatory } from "../../src/server/observatory.ts";
import { OwnGlimpse } from "../../src/server/own-glimpse.ts";
import { raftFeed } from "../../src/server/raft-feed.ts";
import type { Applied, Command, CommandBody, Outcome } from "../../src/znode/commands.ts";
import { MemoryLog } from "./rpc-harness.ts";

function member(id: number, more: Partial<MemberStatus> = {}): MemberStatus {
  return { id, peerAddress: `p${id}:1`, clientAddress: `c${id}:1`, voter: true, state: "voter", ...more };
}

function statusOf(id: number, more: Partial<NodeStatus> = {}): NodeStatus {
  return {
    ...{ clusterId: "c", id, role: "follower", term: 3, leader: 1, commitIndex: 10, appliedIndex: 10, lastIndex: 10 },
    ...{ durableIndex: 10, firstIndex: 1, checkpointIndex: 0, members: [member(1), member(2), member(3)] },
    ...{ sessions: 2, znodes: 4, watches: 0, connections: 1, ready: true, ...more },
  };
}

function glimpse(id: number, more: Partial<NodeStatus> = {}): Glimpse {
  const own = new OwnGlimpse({
    status: () => statusOf(id, more),
    votedFor: () => 1,
    votes: () => [],
    electionTimer: () => undefined,
    lastTerms: () => [{ term: 3, first: 1, last: 10 }],
    links: () => [],
    now: () => 0,
    processorMs: () => 0,
    memoryBytes: () => 1,
  });
  return own.take();
}

function said(one: Glimpse, more: Partial<KnownServer> = {}): readonly [number, KnownServer] {
  return [one.status.id, { glimpse: one, ageMs: 5, roundTripMs: 1, silence: null, ...more }];
}

const leader = glimpse(1, {
  role: "leader",
  members: [
    member(1, { matchIndex: 10, lag: 0, active: true }),
    member(2, { matchIndex: 8, lag: 2, active: true }),
    member(3, { matchIndex: 4, lag: 6, active: false }),
  ],
});

function viewOf(own: Glimpse, ...heard: (readonly [number, KnownServer])[]): ClusterView {
  return clusterView({ own, heard: new Map(heard), atMs: 0, intervalMs: 500, pages: 1 });
}

describe("the view of the cluster", () => {
  it("takes from the leader how far each member is, wherever it is looked at from", () => {
    const view = viewOf(glimpse(2), said(leader), said(glimpse(3), { roundTripMs: 7 }));
    expect(view).toMatchObject({ from: 2, leader: 1, term: 3, trouble: null });
    expect(view.servers.map(({ id, lag, matchIndex }) => [id, lag, matchIndex])).toEqual([
      [1, 0, 10],
      [2, 2, 8],
      [3, 6, 4],
    ]);
    expect(view.servers.map(({ roundTripMs }) => roundTripMs)).toEqual([1, null, 7]);
    expect(view.servers.every(({ glimpse: one }) => one?.status.members.length === 0)).toBe(true);
  });

  it("goes on while a minority is silent, and keeps its last word apart from its silence", () => {
    const view = viewOf(leader, said(glimpse(2)), said(glimpse(3), { silence: "it cannot be reached", ageMs: 4_000 }));
    expect(view).toMatchObject({ leader: 1, trouble: null });
    expect(view.servers[2]).toMatchObject({ id: 3, silence: "it cannot be reached", ageMs: 4_000, lag: 6 });
  });

  it("says that there is no quorum, and who is missing", () => {
    const own = glimpse(2, { ready: false, leader: null, reason: "no quorum: …" });
    const gone = { silence: "it cannot be reached" };
    const view = viewOf(own, said(leader, gone), said(glimpse(3), gone));
    expect(view.leader).toBeNull();
    expect(view.trouble).toBe(
      "There is no quorum: 1 of 3 voting servers answers (not 1, 3), and a majority is needed. Nobody is served until more are back.",
    );
  });

  it("does not take a silent or deposed leader for one that serves", () => {
    const newer = glimpse(2, { role: "leader", term: 5, leader: 2 });
    const deposed = said(leader);
    expect(viewOf(newer, deposed, said(glimpse(3))).leader).toBe(2);
    const electing = glimpse(2, { ready: false, leader: null, reason: "no quorum: this server knows no leader" });
    const view = viewOf(electing, said(leader, { silence: "it cannot be reached" }), said(glimpse(3)));
    expect(view.leader).toBeNull();
    expect(view.trouble).toBe(
      "No leader serves at this moment: no quorum: this server knows no leader; 2 of 3 voting servers answer.",
    );
  });

  it("shows a server that waits to be added, and says what it waits for", () => {
    const view = viewOf(
      glimpse(9, {
        members: [],
        joining: true,
        admitted: false,
        ready: false,
        leader: null,
        reason: "joining: waiting",
      }),
    );
    expect(view.servers.map(({ id }) => id)).toEqual([9]);
    expect(view.trouble).toBe("Joining: waiting.");
  });
});

describe("figures", () => {
  it("are percentiles of the last ten seconds and the newest measurements", () => {
    const durations = new RecentDurations();
    expect(durations.summary(0)).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
    for (let i = 1; i <= 100; i++) durations.note(i, 1_000);
    expect(durations.summary(1_000)).toEqual({ count: 100, p50: 50, p99: 99, max: 100 });
    durations.note(7, 9_000);
    expect(durations.summary(11_001)).toEqual({ count: 1, p50: 7, p99: 7, max: 7 });
    for (let i = 0; i < 10_000; i++) durations.note(i, 12_000);
    expect(durations.summary(12_000)).toMatchObject({ count: 500, max: 9_999 });
  });

  it("are rates of now, and nothing after a long time without a look", () => {
    const rate = new Rate();
    expect(rate.look(0, 0)).toBeNull();
    expect(rate.look(100, 500)).toBeNull();
    expect(rate.look(1_000, 1_000)).toBe(1_000);
    expect(rate.look(1_000, 2_000)).toBe(0);
    expect(rate.look(1_000_000, 60_000)).toBeNull();
    expect(rate.look(1_000_010, 61_000)).toBe(10);
    for (let i = 0; i < 1_000; i++) rate.look(1_000_010, 61_000 + i);
    expect(rate.look(1_000_110, 62_000)).toBe(100);
  });

  it("are told by the server together with its status", () => {
    let [nowMs, processorMs] = [0, 0];
    const own = new OwnGlimpse({
      status: () => statusOf(1, { role: "follower", members: [member(1, { voter: false })] }),
      votedFor: () => 2,
      votes: () => [1, 3],
      electionTimer: () => ({ deadline: 2_800.4, timeout: 1_500 }),
      lastTerms: (max) => [{ term: 1, first: 1, last: max }],
      links: () => [
        {
          ...{ id: 2, connected: true, queuedBytes: 0, droppedMessages: 0 },
          sent: { vote: 0, append: nowMs / 100, heartbeat: nowMs / 500, read: 7, snapshot: 0, other: 0 },
        },
      ],
      now: () => nowMs,
      processorMs: () => processorMs,
      memoryBytes: () => 5,
    });
    const first = own.take();
    expect(first).toMatchObject({ processor: null, reads: { perSecond: null } });
    expect(first.links[0]?.perSecond).toBeNull();
    own.asked(20, 4);
    own.answered("read", 2);
    own.answered("write", 8);
    own.diskWrite(3);
    own.turn(0.5);
    [nowMs, processorMs] = [2_000, 500];
    const told = own.take();
    expect(told).toMatchObject({
      status: { role: "observer" },
      ...{ votedFor: 2, upMs: 2_000, processor: 0.25, memoryBytes: 5 },
      ...{ votes: [1, 3], timer: { leftMs: 800, spanMs: 1_500 } },
      reads: { perSecond: 10, latency: { count: 1, p50: 2 } },
      writes: { perSecond: 2, latency: { count: 1, p99: 8 } },
      ...{ disk: { count: 1, max: 3 }, turns: { count: 1, max: 0.5 } },
    });
    // Kinds of which nothing was sent of late are left out.
    expect(told.links[0]?.perSecond).toEqual({ append: 10, heartbeat: 2 });
    expect(isGlimpse(JSON.parse(JSON.stringify(told)))).toBe(true);
  });

  it("of another server are understood only if all is there", () => {
    for (const wrong of [
      undefined,
      null,
      1,
      "x",
      [],
      {},
      { status: {} },
      { ...leader, log: 1 },
      { ...leader, disk: 1 },
    ])
      expect(isGlimpse(wrong)).toBe(false);
    expect(isGlimpse({ ...leader, status: { ...leader.status, term: "3" } })).toBe(false);
    for (const wrong of [null, 1, {}, { id: "2" }])
      expect(isGlimpse({ ...leader, status: { ...leader.status, members: [member(1), wrong] } })).toBe(false);
    expect(isGlimpse({ ...leader, news: 1 })).toBe(true);
  });
});

describe("the feed", () => {
  const write = (zxid: number, type: Applied["changes"][number]["type"], path: string): [Command, Applied] => {
    const body: CommandBody = { type: "expireSessions", sessions: [] };
    const changes = [{ type, path, zxid }];
    return [
      { origin: 1, proposal: 0, timeMs: 0, body },
      { zxid, outcome: { type: "expired" }, changes, ended: [] },
    ];
  };
  const session = (zxid: number, body: CommandBody, outcome: Outcome, ended: number[]): [Command, Applied] => [
    { origin: 1, proposal: 0, timeMs: 0, body },
    { zxid, outcome, changes: [], ended },
  ];
  const told = (events: readonly FeedEvent[]) => events.map(({ type, n }) => `${n} ${type}`);

  it("tells changes and sessions in order, and what is behind a number only", () => {
    const feed = new Feed();
    const attached = (sessionId: number, attachment: number): Outcome => ({
      ...{ type: "attached", sessionId, attachment, timeoutMs: 1, password: new Uint8Array(), lastRequestId: 0 },
    });
    const create: CommandBody = { type: "createSession", password: new Uint8Array(), timeoutMs: 1, holder: 1 };
    feed.applied(...session(5, create, attached(5, 5), []));
    feed.applied(...write(6, "created", "/a"));
    feed.applied(...write(6, "childrenChanged", "/"));
    feed.applied(...session(7, create, attached(5, 7), []));
    // A proposal that is in the log twice attaches nobody.
    feed.applied(...session(8, create, attached(5, 7), []));
    feed.applied(...session(9, { type: "expireSessions", sessions: [] }, { type: "expired" }, [5, 6]));
    expect(told(feed.behind(0))).toEqual([
      "1 sessionOpened",
      "2 created",
      "3 sessionMoved",
      "4 sessionExpired",
      "5 sessionExpired",
    ]);
    expect(told(feed.behind(3))).toEqual(["4 sessionExpired", "5 sessionExpired"]);
    expect(feed.behind(5)).toEqual([]);
  });

  it("remembers a bounded number, and elections however many changes there are", () => {
    const feed = new Feed(10);
    feed.tell({ type: "leader", leader: 1, term: 2 }, 0);
    for (let i = 0; i < 5_000; i++) feed.applied(...write(i, "dataChanged", "/a"));
    const events = feed.behind(0);
    expect(events.length).toBe(11);
    expect(told(events).slice(0, 2)).toEqual(["1 leader", "4992 dataChanged"]);
  });

  it("tells when a change was made, not when it was applied", () => {
    const feed = new Feed();
    const [command, applied] = write(6, "created", "/a");
    feed.applied({ ...command, timeMs: 1_234 }, applied);
    feed.applied(...session(7, { type: "expireSessions", sessions: [] }, { type: "expired" }, [5]));
    expect(feed.behind(0).map(({ atMs }) => atMs)).toEqual([1_234, 0]);
  });

  it("leaves out older changes where paths are long, and nothing else", () => {
    const feed = new Feed();
    feed.tell({ type: "leader", leader: 1, term: 2 }, 0);
    for (let i = 0; i < 100; i++) feed.applied(...write(i, "dataChanged", `/${"x".repeat(4_000)}`));
    const events = feed.behind(0);
    expect(told(events).at(0)).toBe("1 leader");
    expect(told(events).at(-1)).toBe("101 dataChanged");
    expect(events.length).toBeGreaterThan(5);
    expect(JSON.stringify(events).length).toBeLessThan(40_000);
  });

  it("hears of roles, leaders and memberships once each", () => {
    const feed = new Feed();
    const tell = raftFeed(1, feed, () => 0);
    const configuration = { members: [], voters: [1, 2, 3], oldVoters: [], learners: [] };
    const raft = { role: "follower", leader: undefined, currentTerm: 1, configuration } as const;
    expect(tell(raft)).toBe(false);
    expect(tell({ ...raft, role: "candidate", currentTerm: 2 })).toBe(true);
    expect(tell({ ...raft, role: "leader", leader: 1, currentTerm: 2 })).toBe(true);
    expect(tell({ ...raft, role: "leader", leader: 1, currentTerm: 2 })).toBe(false);
    const grown = { ...configuration, voters: [1, 2, 3, 4] };
    expect(tell({ ...raft, role: "leader", leader: 1, currentTerm: 2, configuration: grown })).toBe(true);
    expect(told(feed.behind(0))).toEqual(["1 role", "2 role", "3 leader", "4 membership"]);
  });
});

describe("the observatory", () => {
  /** Servers 2 and 3 as a test has them answer. */
  const observing = (answers: Record<number, (question: Question) => Promise<string>>, own = () => leader) => {
    const asked: number[] = [];
    const failures: unknown[] = [];
    const feed = new Feed();
    const sessions: SessionPage = {
      sessions: [7, 8].map((id) => ({
        ...{
          id,
          timeoutMs: 1,
          openedMs: 1,
          lastRequestId: 0,
          ephemeralCount: 0,
          ephemerals: [],
          attachedHere: id === 7,
          watches: id === 7 ? 4 : 0,
          silentMs: 3,
        },
      })),
      more: true,
    };
    const observatory = new Observatory({
      self: 1,
      own: () => own(),
      sessions: () => sessions,
      sessionCount: () => 2,
      watches: () => ({ id: 1, total: 0, watched: [] }),
      appliedIndex: () => 10,
      others: () => Object.keys(answers).map(Number),
      ask: (id, question) => {
        asked.push(id);
        return answers[id]?.(question) ?? Promise.reject(new Error("it cannot be reached"));
      },
      feed,
      failed: (error) => failures.push(error),
      now: () => performance.now(),
      wallClock: () => 0,
    });
    return { observatory, asked, feed, failures };
  };
  const view = (observatory: Observatory, check: (found: ClusterView) => boolean) =>
    new Promise<ClusterView>((resolve) => {
      const end = observatory.watch(() => {
        if (observatory.view === undefined || !check(observatory.view)) return;
        end();
        resolve(observatory.view);
      });
    });

  it("asks nobody unless somebody looks, and then each once an interval for all", async () => {
    const { observatory, asked } = observing({ 2: async () => JSON.stringify(glimpse(2)) });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([]);
    let views = 0;
    const pages = Array.from({ length: 50 }, () => observatory.watch(() => views++));
    await expect.poll(() => views, { timeout: 60_000 }).toBeGreaterThanOrEqual(100);
    expect(asked.length).toBeLessThanOrEqual(views / 50 + 1);
    for (const end of pages) end();
    const { length } = asked;
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(asked.length).toBe(length);
  });

  it("does not wait for a server that hangs, and does not ask it again before it has answered", async () => {
    const { observatory, asked } = observing({
      2: async () => JSON.stringify(glimpse(2)),
      3: () => new Promise(() => {}),
    });
    const seen = await view(observatory, ({ servers }) => servers[1]?.silence === null);
    expect(seen.servers[2]).toMatchObject({ id: 3, silence: "it was not asked yet" });
    await view(observatory, () => true);
    expect(asked.filter((id) => id === 3)).toEqual([3]);
  });

  it("tells when a server falls silent and answers again, and takes no nonsense for an answer", async () => {
    let answer = JSON.stringify(glimpse(2));
    const { observatory, feed } = observing({ 2: async () => answer });
    await view(observatory, ({ servers }) => servers[1]?.silence === null);
    for (const nonsense of ["", "{", "{}", JSON.stringify(glimpse(3))]) {
      answer = nonsense;
      const seen = await view(observatory, ({ servers }) => servers[1]?.silence !== null);
      expect(seen.servers[1]?.silence).toBe("what it says is not understood here");
      expect(seen.servers[1]?.glimpse?.status.id).toBe(2);
      answer = JSON.stringify(glimpse(2));
      await view(observatory, ({ servers }) => servers[1]?.silence === null);
    }
    expect(feed.behind(0).map(({ type }) => type)).toEqual(
      Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? "silent" : "answers")),
    );
  });

  it("puts together what all servers know of sessions and watches, once for all who ask", async () => {
    const page = { sessions: [{ id: 8, attachedHere: true }], more: false };
    const { observatory, asked } = observing({
      2: async ({ subject }) => JSON.stringify(subject === "sessions" ? page : { id: 2, total: 1, watched: [] }),
      3: () => Promise.reject(new Error("it cannot be reached")),
    });
    const [one, two] = await Promise.all([observatory.sessions(0), observatory.sessions(0)]);
    expect(one).toBe(two);
    expect(asked).toEqual([2, 3]);
    expect(one).toMatchObject({ zxid: 10, total: 2, more: true });
    expect(one.sessions.map(({ id, attachedTo, silentMs }) => [id, attachedTo, silentMs])).toEqual([
      [7, 1, 3],
      [8, 2, 3],
    ]);
    expect(await observatory.watches()).toMatchObject({ servers: [{ id: 1 }, { id: 2 }], missing: [3] });
  });

  it("answers another server that looks", () => {
    const { observatory } = observing({});
    expect(JSON.parse(observatory.tell({ subject: "glimpse", after: 0 }))).toEqual(JSON.parse(JSON.stringify(leader)));
    // Only what the other one cannot know by itself.
    const standings = [7, 8].map((id) => ({ id, attachedHere: id === 7, watches: id === 7 ? 4 : 0, silentMs: 3 }));
    expect(JSON.parse(observatory.tell({ subject: "sessions", after: 0 }))).toEqual({
      sessions: standings,
      more: true,
    });
    expect(JSON.parse(observatory.tell({ subject: "watches", after: 0 }))).toMatchObject({ id: 1 });
  });

  it("looks no sooner because pages come and go", async () => {
    const { observatory, asked } = observing({ 2: async () => JSON.stringify(glimpse(2)) });
    const startMs = performance.now();
    for (let i = 0; i < 60; i++) {
      const end = observatory.watch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
      end();
    }
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(1 + (performance.now() - startMs) / 100);
  });

  it("goes on after a look that failed", async () => {
    let broken = true;
    const { observatory, failures } = observing({}, () => {
      if (broken) throw new Error("broken inside");
      return leader;
    });
    const seen = view(observatory, () => true);
    await expect.poll(() => failures, { timeout: 60_000 }).toContainEqual(new Error("broken inside"));
    broken = false;
    expect((await seen).leader).toBe(1);
  });

  it("asks and answers so many different questions a second and no more", async () => {
    const { observatory, asked } = observing({ 2: () => new Promise(() => {}) });
    const startMs = performance.now();
    const refused: unknown[] = [];
    for (let after = 0; after < 1_000; after++)
      void observatory.sessions(after).catch((error: unknown) => refused.push(error));
    let told = 0;
    for (let after = 0; after < 1_000; after++) {
      try {
        observatory.tell({ subject: after % 2 === 0 ? "sessions" : "watches", after });
        told++;
      } catch (error) {
        expect(error).toMatchObject({ code: "OVERLOADED" });
      }
      // Those that a view is made of do not suffer.
      observatory.tell({ subject: "glimpse", after: 0 });
    }
    const seconds = 1 + Math.floor((performance.now() - startMs) / 1_000);
    await Promise.resolve();
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(20 * seconds);
    expect(told).toBeLessThanOrEqual(100 * seconds);
    await expect.poll(() => refused.length).toBe(1_000 - asked.length);
    expect(refused[0]).toMatchObject({ code: "OVERLOADED" });
  });
});

describe("a page of sessions", () => {
  const page = (path: string) => {
    const sessions = Array.from({ length: 100 }, (_, i) => ({
      ...{ id: i + 1, timeoutMs: 1, openedMs: 1, attachment: 1, lastRequestId: 0, ephemeralCount: 20 },
      ephemeralPaths: (max: number) => Array.from({ length: max }, () => path),
    }));
    return sessionPage(sessions, 0, 100, () => ({ attachedHere: false, watches: 0, silentMs: undefined })).sessions;
  };

  it("names ephemerals as long as they are short together", () => {
    expect(page("/a/short-one").every(({ ephemerals }) => ephemerals.length === 10)).toBe(true);
    const long = page(`/${'"'.repeat(4_000)}`);
    expect(long.length).toBe(100);
    expect(long[0]?.ephemerals.length).toBeGreaterThan(1);
    expect(JSON.stringify(long).length).toBeLessThan(64 * 1024);
  });
});

describe("where people are sent", () => {
  it("is where they may ask", () => {
    for (const [httpAddress, peerAddress, address] of [
      ["0.0.0.0:7301", "a.example:7201", "a.example:7301"],
      ["[::]:7301", "[fe80::1]:7201", "[fe80::1]:7301"],
      ["b.example:7301", "a.example:7201", "b.example:7301"],
    ] as const) {
      const lookout = new Lookout({
        options: {
          id: 1,
          httpAddress,
          zookeeperAddress: undefined,
          peerAddress,
          dashboard: true,
          httpNames: ["c.example"],
        },
        clock: { now: () => 0, wallClock: () => 0 },
        node: () => ({ status: () => statusOf(1) }) as unknown as Node,
        peers: () => ({}) as unknown as PeerTransport,
        log: new MemoryLog(),
      });
      const guests = lookout.site({
        limit: 1_000,
        reserved: 100,
        clients: 100,
        zookeeper: 0,
        peers: 100,
        http: 100,
      })?.guests;
      lookout.listens(7301);
      expect(lookout.status().httpAddress).toBe(address);
      for (const host of [address, "c.example"])
        expect(guests?.refusal({ host, fetchSite: "none" }), host).toBeUndefined();
      expect(guests?.refusal({ host: "d.example", fetchSite: "none" })).toBeDefined();
    }
  });
});
