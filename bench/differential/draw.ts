/** Sequences of steps, drawn from a seed. */
import { openAcl } from "../../src/base/acl.ts";
import { present } from "../../src/base/assert.ts";
import type { Random } from "../../src/base/random.ts";
import { credentials, drawAcl } from "./lists.ts";
import {
  type Ask,
  clients,
  ownFolder,
  ownPlace,
  type Sequence,
  type Spoiling,
  type Step,
  simpleAsks,
} from "./steps.ts";

const names = ["/", "/a", "/a/b", "/a/b/c", "/a/x", "/d", "/d/e", "/q-", "/a/q-"];
const badNames = ["bad", "/a/", "/a//b", "/a/./b", "/a/..", "/a/\u0001", "/a/\ufffd", "/missing/x", "/\ue000"];
const builtIn = ["/zookeeper", "/zookeeper/quota"];
/** Where nothing is created below: a container that loses its last child goes in the end, at one server before the other. */
const leaves = ["/a/b/c", "/a/x", "/d/e"];
/**
 * Where clients of a sequence have watches that stay, and their modes. They leave no others there: in ZooKeeper 3.8 a path has one watch of
 * one client, of the newest mode.
 */
const standings = [
  [
    { path: "/d", mode: 0 },
    { path: "/a/b", mode: 1 },
  ],
  [
    { path: "/", mode: 1 },
    { path: "/a/x", mode: 0 },
  ],
  [
    { path: "/a", mode: 0 },
    { path: "/d/e", mode: 1 },
  ],
] as const;
const garbledOpcodes = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22],
  ...[101, 103, 104, 105, 106, 107, 10, 23, 999, 0, -7],
];
/** Of requests with a second length behind that of the path: of data, or of a list. */
const secondLengths = ["create", "create2", "createTtl", "setData", "setAcl"] as const;
const schemes = ["digest", "digest", "digest", "digest", "ip", "world", "x509", "sasl", "super", "auth", ""];

/**
 * Limits of a quota. Hard ones leave no room at all: ZooKeeper decides on what is there while other requests are under way,
 * and whether there is room for one more would depend on how far those are.
 */
const quotaLimits = [
  "count=2,bytes=3",
  "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=-1",
  "count=1,bytes=-1=;byteHardLimit=0;countHardLimit=-1",
  "count=-1,bytes=1=;byteHardLimit=-1;countHardLimit=0",
];

/**
 * Steps that have to do with a quota, one request in each, as what is under way does not count yet in ZooKeeper. There are
 * never counts without limits, which ZooKeeper would let grow old.
 */
function drawQuotaSteps(random: Random, client: () => number): readonly Step[] {
  const at = `/zookeeper/quota${ownPlace}/a`;
  const [limits, stats] = [`${at}/zookeeper_limits`, `${at}/zookeeper_stats`];
  const step = (op: Ask["op"], path: string, data = ""): Step => ({
    type: "ask",
    client: client(),
    asks: [{ op, path, data, version: -1, flags: 0, mode: 0, ttlMs: 0, acl: openAcl, watch: false }],
  });
  const text = quotaLimits[Math.floor(random() * quotaLimits.length)] ?? "";
  const draw = random();
  if (draw < 0.4) {
    const places = [ownFolder, ownPlace, `${ownPlace}/a`]
      .map((own) => `/zookeeper/quota${own}`)
      .map((path) => step("create", path));
    return [...places, step("create2", limits, text), step("create", stats, "count=0,bytes=0"), step("getData", stats)];
  }
  if (draw < 0.6) return [step("setData", limits, text), step("getData", limits)];
  if (draw < 0.7) return [step("delete", stats), step("delete", limits)];
  return [step("getData", stats), step("exists", limits)];
}

const changing = ["create", "create2", "createContainer", "createTtl", "delete", "setData", "check"] as const;

/** What happens while a client is away: what came and went meanwhile is told here, and not by ZooKeeper. */
function oncePerPath(ask: Ask): Ask {
  const { parts = [] } = ask;
  return { ...ask, parts: parts.filter(({ path }, at) => parts.findIndex((part) => part.path === path) === at) };
}

/** What ZooKeeper decides before what is under way is applied, so that it does not know of a list that is being set. */
const writing: ReadonlySet<Ask["op"]> = new Set([...changing, "setAcl", "multi"]);

/** Requests one behind the other, without those of which it is left to chance whether a setAcl before them counts. */
function decided(drawn: readonly Ask[]): readonly Ask[] {
  const first = drawn.findIndex(({ op }) => op === "setAcl");
  return first < 0 ? drawn : drawn.filter(({ op }, at) => at <= first || !writing.has(op));
}

/**
 * Draws a sequence of `length` steps, about. One in twelve has to do with quotas and the znodes that are there from the
 * start.
 */
export function drawSequence(random: Random, length: number): Sequence {
  return new Drawing(random).sequence(length);
}

class Drawing {
  readonly #random: Random;
  readonly #alone: boolean;
  /** The one client that watches anything, and asks what it watches: ZooKeeper says yes if anybody watches the path. */
  readonly #watcher: number | undefined;
  readonly #standing: readonly { readonly path: string; readonly mode: number }[];

  constructor(random: Random) {
    this.#random = random;
    this.#alone = random() < 0.08;
    this.#watcher = random() < 0.25 ? 0 : undefined;
    this.#standing = this.#pick(standings);
  }

  sequence(length: number): Sequence {
    const steps = (): readonly Step[] =>
      this.#alone && this.#random() < 0.25
        ? drawQuotaSteps(this.#random, () => this.#below(clients))
        : [this.#step(this.#below(clients))];
    return { steps: Array.from({ length }, steps).flat(), alone: this.#alone };
  }

  #step(client: number): Step {
    const draw = this.#random();
    const ask = (): Ask => this.#ask(client);
    if (draw < 0.74) return { type: "ask", client, asks: decided(Array.from({ length: 1 + this.#below(4) }, ask)) };
    if (draw < 0.84) return this.#rejoin(client);
    if (draw < 0.89) {
      const behind = decided(Array.from({ length: Math.max(0, this.#below(6) - 3) }, ask));
      return { type: "close", client, behind };
    }
    if (draw < 0.91) return { type: "auth", client, scheme: this.#pick(schemes), credential: this.#pick(credentials) };
    if (draw < 0.95) return { type: "garbled", client, opcode: this.#pick(garbledOpcodes), body: this.#bytes(12) };
    if (draw < 0.98) {
      const spoiling = this.#spoiling();
      const able = spoiling.how === "second" ? secondLengths : simpleAsks.filter((op) => op !== "whoAmI");
      return { type: "spoilt", client, ask: { ...this.#simple(client, able), watch: false }, ...spoiling };
    }
    return { type: "knock", client, with: this.#pick(["session", "zxid", "bytes"] as const), bytes: this.#bytes(40) };
  }

  #rejoin(client: number): Step {
    const other = (client + 1 + this.#below(clients - 1)) % clients;
    const meanwhile = this.#random() < 0.7 ? oncePerPath(this.#ask(other)) : undefined;
    const arm = this.#pick(["all", "all", "old", "none"] as const);
    const steal = this.#random() < 0.2;
    return { type: "rejoin", client, other, meanwhile, arm, steal };
  }

  #spoiling(): Spoiling {
    const how = this.#pick(["cut", "more", "path", "second"] as const);
    // A path that is none at all counts as empty here, and with ZooKeeper as one mistake or another.
    const lengths = how === "path" ? [-2, 2 ** 31 - 1, 2000] : [-1, -1, -1, 2 ** 31 - 1, 2000];
    return { how, by: how === "path" || how === "second" ? this.#pick(lengths) : 1 + this.#below(12) };
  }

  #ask(client: number): Ask {
    const draw = this.#random();
    if (draw > 0.99) return { ...this.#simple(client, ["sync"]), op: "reconfig" };
    if (draw > 0.25) return this.#simple(client, this.#random() < 0.35 ? changing.slice(0, -1) : simpleAsks);
    const op = draw < 0.18 ? "multi" : "multiRead";
    const kinds = op === "multi" ? changing : (["getData", "getChildren"] as const);
    // Of those that are bad, most multis would be refused: half of them have none.
    const bad = this.#random() < 0.5;
    const parts: Ask[] = [];
    for (let i = this.#below(6); i > 0; i--) {
      const other = bad && this.#random() < 0.04;
      const part = this.#simple(client, other ? simpleAsks : kinds);
      if (bad || (!badNames.includes(part.path) && part.flags < 7 && part.flags >= 0 && part.acl.length > 0))
        parts.push(part);
    }
    return { ...this.#simple(client, ["sync"]), op, parts };
  }

  #simple(client: number, ops: readonly Ask["op"][]): Ask {
    const draw = this.#random();
    const alone = this.#alone;
    const path = draw < 0.08 ? this.#pick(badNames) : alone && draw < 0.2 ? this.#pick(builtIn) : this.#pick(names);
    const flags = this.#random() < 0.95 ? this.#below(4) : this.#pick([7, 7, -1, 100]);
    const op = this.#allowed(this.#pick(ops), client);
    // Below the znodes that are there from the start all sequences would meet, and what sessions left there.
    const shared = builtIn.includes(path);
    return {
      ...{ op, path, flags: shared ? 0 : flags, ttlMs: 0, mode: 0 },
      // Where there are quotas data never get smaller, which ZooKeeper refuses beyond a hard limit.
      data: "x".repeat(alone && op === "setData" ? 3 : this.#below(4)),
      version: this.#version(),
      acl: drawAcl(this.#random),
      watch: this.#random() < 0.6 && this.#mayWatch(client) && !this.#standing.some((one) => one.path === path),
      ...(op === "createContainer" ? this.#container() : op === "createTtl" ? this.#ttl() : {}),
      ...(op === "addWatch" ? this.#staying() : {}),
      ...(op === "removeWatches" || op === "checkWatches" ? this.#ofWatches(path) : {}),
      // A session's are asked for by how they begin.
      ...(op === "getEphemerals" && draw > 0.9 ? { path: "" } : {}),
      // What is there from the start is the same for all sequences.
      ...(shared && (op === "createTtl" || op === "setAcl") ? { path: "/d" } : {}),
    };
  }

  #version(): number {
    const draw = this.#random();
    return draw < 0.6 ? -1 : draw < 0.98 ? this.#below(5) - 2 : this.#pick([2 ** 31 - 1, -(2 ** 31)]);
  }

  #mayWatch(client: number): boolean {
    return this.#watcher === undefined || client === this.#watcher;
  }

  /** Where one client alone watches, the others do not; where all may, nobody asks what is watched. */
  #allowed(op: Ask["op"], client: number): Ask["op"] {
    if (op === "addWatch" && !this.#mayWatch(client)) return "exists";
    return op === "checkWatches" && client !== this.#watcher ? "getData" : op;
  }

  #staying(): Pick<Ask, "path" | "mode"> {
    const one = this.#pick(this.#standing);
    return this.#random() < 0.95 ? one : { path: one.path, mode: this.#pick([2, -1, 7]) };
  }

  /** A watch that stays counts in ZooKeeper 3.8 as one of data and one of children, of which each goes by itself. */
  #ofWatches(path: string): Pick<Ask, "path" | "mode"> {
    // While anybody has a recursive watch, ZooKeeper makes a mistake of its own where there is no slash to look for.
    if (this.#random() < 0.3 || !path.startsWith("/")) return { path: this.#pick(this.#standing).path, mode: 3 };
    const stays = this.#standing.some((one) => one.path === path);
    return { path, mode: stays ? 3 : this.#random() < 0.9 ? 1 + this.#below(3) : this.#pick([0, -1, 6, 100]) };
  }

  #container(): Pick<Ask, "path" | "flags"> {
    return { path: this.#pick(leaves), flags: this.#random() < 0.9 ? 4 : 7 };
  }

  /** One whose time is over within a run would go at one server before the other. */
  #ttl(): Pick<Ask, "flags" | "ttlMs"> {
    const flags = this.#random() < 0.9 ? 5 + this.#below(2) : 7;
    return { flags, ttlMs: this.#random() < 0.8 ? 2 ** 40 - 1 : this.#random() < 0.5 ? 0 : 2 ** 40 };
  }

  #bytes(max: number): readonly number[] {
    return Array.from({ length: this.#below(max) }, () => (this.#random() < 0.5 ? 0 : this.#below(256)));
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #pick<T>(from: readonly T[]): T {
    return present(from[this.#below(from.length)], "one of several");
  }
}
