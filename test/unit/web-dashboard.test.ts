/** The parts of the dashboard that need no browser: events, data, the picture, and what the charts are drawn from. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClusterView, FeedEvent, Glimpse, ObservedServer } from "../../src/http/observed.ts";
import { bytesOf, dataShown, formsOf, type Piece, textOf } from "../../web/dashboard/data-shown.ts";
import { History } from "../../web/dashboard/history.ts";
import { pictureOf } from "../../web/dashboard/picture-of.ts";
import { hashOf, pathOf } from "../../web/dashboard/place.ts";
import { EventReader } from "../../web/dashboard/sse.ts";
import { shown, shownLine } from "../../web/dashboard/words.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const whole = (data: Uint8Array | string): Piece => {
  const all = typeof data === "string" ? bytes(data) : data;
  return { bytes: all, at: 0, total: all.length };
};

describe("server-sent events", () => {
  it("are the same however the stream is cut", () => {
    const stream = 'event: cluster\ndata: {"a":1}\n\nevent: feed\ndata: [1]\ndata: [2]\n\n: a comment\n\ndata: x\n\n';
    const expected = [
      { name: "cluster", data: '{"a":1}' },
      { name: "feed", data: "[1]\n[2]" },
      { name: "message", data: "x" },
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const reader = new EventReader();
        const events = places.slice(1).flatMap((end, i) => reader.push(stream.slice(places[i], end)));
        expect(events).toEqual(expected);
      }),
    );
  });

  it("that never end are given up", () => {
    const reader = new EventReader();
    const pour = () => {
      for (let i = 0; i < 20; i++) reader.push("x".repeat(1024 * 1024));
    };
    expect(pour).toThrow("no event");
  });
});

describe("data of a znode", () => {
  it("are shown as what tells most", () => {
    expect(formsOf(whole('{"a":[1]}'))).toEqual(["json", "text", "hex"]);
    expect(formsOf(whole("hello"))).toEqual(["text", "hex"]);
    expect(formsOf(whole("17"))).toEqual(["text", "hex"]);
    expect(formsOf(whole("{not json"))).toEqual(["text", "hex"]);
    expect(formsOf(whole(Uint8Array.of(0xff, 0xfe, 0)))).toEqual(["hex"]);
    expect(formsOf({ ...whole('{"a":1}'), total: 1_000 })).toEqual(["text", "hex"]);
  });

  it("of JSON keep each number and string as it is", () => {
    const json = '{"n":12345678901234567890,"e":1.0e-0,"s":"a,b:{}\\"\\u00e9","empty":[],"o":{},"l":[1,[true,null]]}';
    const laid = dataShown(whole(json), "json");
    expect(laid).toContain('"n": 12345678901234567890,\n');
    expect(laid).toContain('"e": 1.0e-0,\n');
    expect(laid).toContain('"empty": [],\n');
    expect(laid).toContain('"o": {},\n');
    expect(laid.replace(/\n */g, "").replaceAll(": ", ":")).toBe(json);
  });

  it("of JSON are laid out in a line for each value, whatever they are", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (json) => {
        fc.pre(/^[[{]/.test(json) && shown(json) === json);
        expect(JSON.parse(dataShown(whole(json), "json"))).toEqual(JSON.parse(json));
      }),
    );
    const deep = "[".repeat(2_000) + "]".repeat(2_000);
    expect(dataShown(whole(deep), "json").length).toBeLessThan(4_000 * 50);
  });

  it("are text, in which nothing hides and nothing is turned around", () => {
    const text = "a\u202egnp.exe\u2066\u0000\u001b[2J\u200b\ufeff<b>é\tשלום\n";
    const seen = dataShown(whole(text), "text");
    expect(seen).toBe("a⟨U+202E⟩gnp.exe⟨U+2066⟩⟨U+0000⟩⟨U+001B⟩[2J⟨U+200B⟩⟨U+FEFF⟩<b>é\tשלום\n");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (any) => {
        expect(shown(any)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028]/);
        expect(shownLine(any).length).toBeLessThanOrEqual(201);
      }),
    );
  });

  it("are cut between characters, where a piece ends or begins", () => {
    const all = bytes("äöü€𝄞".repeat(20));
    for (let size = 5; size < 12; size++) {
      let joined = "";
      for (let at = 0; at < all.length; at += size) {
        const text = textOf({ bytes: all.subarray(at, at + size), at, total: all.length });
        expect(text).toBeDefined();
        expect(text).not.toContain("\ufffd");
        joined += text;
      }
      // Characters that lie across a cut are in neither piece; all others are there, in order.
      const left = [...joined];
      for (const char of "äöü€𝄞".repeat(20)) if (left[0] === char) left.shift();
      expect(left).toEqual([]);
      expect([...joined].length).toBeGreaterThan(100 - Math.ceil(all.length / size));
    }
    expect(textOf({ bytes: Uint8Array.of(0x61, 0xc3), at: 0, total: 2 })).toBeUndefined();
  });

  it("are bytes with their places, as hex", () => {
    const data = Uint8Array.from({ length: 19 }, (_, i) => i + 0x3a);
    const rows = dataShown({ bytes: data, at: 0x10000, total: 0x20000 }, "hex").split("\n");
    expect(rows).toEqual([
      "010000  3a 3b 3c 3d 3e 3f 40 41  42 43 44 45 46 47 48 49  :;<=>?@ABCDEFGHI",
      "010010  4a 4b 4c                                          JKL",
    ]);
    expect(bytesOf(Buffer.from(data).toString("base64"))).toEqual(data);
  });
});

const latency = { count: 1, p50: 1, p99: 2, max: 3 };

function glimpse(id: number, more: Partial<Glimpse["status"]> = {}): Glimpse {
  return {
    status: {
      ...{ clusterId: "c", id, role: "follower", term: 4, leader: 1, commitIndex: 8, appliedIndex: 7, lastIndex: 10 },
      ...{ durableIndex: 9, firstIndex: 3, checkpointIndex: 2, members: [], sessions: 0, znodes: 1, watches: 0 },
      ...{ connections: 2, ready: true, ...more },
    },
    votedFor: 1,
    upMs: 1,
    log: [
      { term: 2, first: 3, last: 5 },
      { term: 4, first: 6, last: 10 },
    ],
    links: [
      { id: 1, connected: true, queuedBytes: 0, droppedMessages: 0 },
      { id: 2, connected: false, queuedBytes: 0, droppedMessages: 3 },
      { id: 9, connected: false, queuedBytes: 0, droppedMessages: 3 },
    ],
    ...{ disk: latency, turns: latency, reads: { perSecond: 3, latency }, writes: { perSecond: null, latency } },
    ...{ processor: 0.1, memoryBytes: 1 },
  };
}

function server(id: number, more: Partial<ObservedServer> = {}): ObservedServer {
  return {
    ...{ id, peerAddress: "p:1", clientAddress: "c:1", voter: true, state: "voter", matchIndex: 9, lag: id },
    ...{ glimpse: glimpse(id), ageMs: 0, roundTripMs: 2, silence: null, ...more },
  };
}

function view(servers: readonly ObservedServer[], atMs = 1_000): ClusterView {
  return { clusterId: "c", from: 3, atMs, intervalMs: 500, leader: 1, term: 4, trouble: null, servers, pages: 1 };
}

describe("the picture of a live cluster", () => {
  it("shows what each server says of itself", () => {
    const feed: FeedEvent[] = [{ type: "created", path: "/a", zxid: 9, n: 1, atMs: 0 }];
    const leader = server(1, { glimpse: glimpse(1, { role: "leader", diskLow: true }) });
    const { servers, links } = pictureOf(view([leader, server(2), server(3)]), [], feed);
    expect(servers[0]).toMatchObject({
      id: 1,
      state: "running",
      role: "leader",
      term: 4,
      leader: 1,
      disk: { state: "low" },
    });
    expect(servers[1]?.log).toMatchObject({ base: 2, last: 10, durable: 9, committed: 8, applied: 7 });
    expect(servers[1]?.log.entries.map(({ index, term, text }) => `${index}:${term} ${text}`.trim())).toEqual([
      ...["3:2", "4:2", "5:2", "6:4", "7:4", "8:4", "9:4 created /a", "10:4"],
    ]);
    expect(links.map(({ from, to, state }) => `${from}-${to} ${state}`)).toEqual(["1-2 cut", "2-2 cut", "3-2 cut"]);
  });

  it("does not take the last word of a silent server for one of now", () => {
    const silent = server(2, { silence: "it cannot be reached" });
    const { servers, links } = pictureOf(
      view([server(1), silent, server(3, { glimpse: null, silence: "no" })]),
      [],
      [],
    );
    expect(servers.map(({ state }) => state)).toEqual(["running", "unknown", "unknown"]);
    expect(servers[1]).toMatchObject({ why: "it cannot be reached", leader: 0 });
    expect(servers[2]).toMatchObject({ role: undefined, term: 0 });
    expect(links.map(({ from }) => from)).toEqual([1]);
  });

  it("shows timers and votes as they were when they were told, and what goes from server to server as so much a second", () => {
    const candidate = glimpse(2, { role: "candidate" });
    const links = [
      { ...{ id: 1, connected: true, queuedBytes: 0, droppedMessages: 0 }, perSecond: { vote: 2, heartbeat: 30 } },
      { ...{ id: 3, connected: false, queuedBytes: 0, droppedMessages: 0 }, perSecond: { vote: 2 } },
      { ...{ id: 9, connected: true, queuedBytes: 0, droppedMessages: 0 }, perSecond: { vote: 2 } },
    ];
    const asks = server(2, { glimpse: { ...candidate, votes: [2, 3], timer: { leftMs: 300, spanMs: 900 }, links } });
    const late = server(3, { glimpse: { ...glimpse(3), timer: { leftMs: 500, spanMs: 900 } }, ageMs: 400 });
    const { servers, flows } = pictureOf(view([server(1), { ...asks, ageMs: 100 }, late]), [], []);
    expect(servers.map(({ timer }) => timer)).toEqual([
      undefined,
      { deadlineMs: 1_200, spanMs: 900 },
      { deadlineMs: 1_100, spanMs: 900 },
    ]);
    expect(servers[1]?.votes).toEqual([2, 3]);
    expect(flows).toEqual([
      {
        ...{ from: 2, to: 1, kind: "vote", perSecond: 32 },
        text: "n2 → n1: 32 messages a second (votes 2, heartbeats and answers 30)",
      },
    ]);
    // Of one that is silent, or says nothing of it, nothing is known.
    const silent = { ...late, silence: "it cannot be reached" };
    const unknown = pictureOf(view([server(1), silent, server(2, { voter: false, glimpse: late.glimpse })]), [], []);
    expect(unknown.servers.map(({ timer }) => timer)).toEqual([undefined, undefined, undefined]);
    expect(unknown.flows).toEqual([]);
  });

  it("shows as much of logs as has room, however far they are apart", () => {
    const far = glimpse(1, { lastIndex: 5_000_000, commitIndex: 5_000_000 });
    const long = { ...far, log: [{ term: 4, first: 6, last: 5_000_000 }] };
    const { servers } = pictureOf(view([server(1, { glimpse: long }), server(2)]), [], []);
    expect(servers[0]?.log.entries.length).toBeLessThan(100);
    expect(servers[0]?.log.entries.at(-1)?.index).toBe(5_000_000);
    expect(servers[1]?.log).toMatchObject({ last: 10, entries: [] });
  });

  it("shows the first sessions as clients, those that nobody has heard of as lost", () => {
    const session = (id: number, attachedTo: number | null, silentMs: number) => ({
      ...{ id, timeoutMs: 10_000, openedMs: 1, lastRequestId: 0, ephemeralCount: 0, ephemerals: [] },
      ...{ attachedTo, watches: 0, silentMs },
    });
    const many = Array.from({ length: 500 }, (_, i) => session(i + 1, 1, 0));
    expect(pictureOf(view([server(1)]), many, []).clients.length).toBeLessThan(30);
    const { clients } = pictureOf(
      view([server(1)]),
      [session(7, 1, 100), session(8, null, 0), session(9, 1, 9_000)],
      [],
    );
    expect(clients.map(({ name, server: at, state, session: id }) => `${name} ${id} ${at} ${state}`)).toEqual([
      ...["c1 7 1 connected", "c2 8 0 lost", "c3 9 1 lost"],
    ]);
  });
});

describe("what the charts are drawn from", () => {
  it("are columns as long as the times, also of servers that come and go", () => {
    const history = new History();
    history.add(view([server(1), server(2)], 1_000));
    history.add(view([server(1), server(2, { silence: "no" }), server(3)], 1_500));
    history.gap();
    history.add(view([server(1)], 9_000));
    expect(history.times).toEqual([1, 1.5, 1.501, 9]);
    expect(history.column("reads")).toEqual([6, 6, null, 3]);
    expect(history.column("writes")).toEqual([null, null, null, null]);
    expect(history.column("lag 2")).toEqual([2, 2, null, null]);
    expect(history.column("trip 2")).toEqual([2, null, null, null]);
    expect(history.column("lag 3")).toEqual([null, 3, null, null]);
    expect(history.column("lag 99")).toEqual([null, null, null, null]);
    expect(history.column("write p99")).toEqual([2, 2, null, 2]);
  });

  it("are bounded, and forget servers that have left", () => {
    const history = new History();
    history.add(view([server(1), server(2)], 0));
    for (let i = 1; i < 2_000; i++) history.add(view([server(1)], i * 500));
    expect(history.times.length).toBe(600);
    expect(history.column("lag 1").length).toBe(600);
    expect(history.column("reads").every((value) => value === 3)).toBe(true);
    expect(history.column("lag 2")).toEqual(history.times.map(() => null));
  });
});

describe("the page's address", () => {
  it("names a znode, whatever its path, and nonsense names the root", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const path = `/${name}`;
        expect(pathOf(hashOf(path) ?? "")).toBe(path);
      }),
    );
    expect(hashOf("/a/b c")).toBe("#tree=/a/b%20c");
    expect(hashOf("/\ud800")).toBeUndefined();
    for (const nonsense of ["", "#", "#tree", "#tree=", "#tree=%", "#tree=%zz", "#play=1", "?", "#tre"])
      expect(pathOf(nonsense)).toBe("/");
  });
});
