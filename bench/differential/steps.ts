/** What both servers are asked: random sequences of steps of a few clients, drawn from a seed. */
import { type Acl, type AclItem, openAcl } from "../../src/base/acl.ts";
import type { Random } from "../../src/base/random.ts";
import { digestId } from "../../src/client/acl.ts";

export const clients = 3;

const simpleAsks = [
  "create",
  "create2",
  "createContainer",
  "createTtl",
  "delete",
  "exists",
  "getData",
  "setData",
  "getAcl",
  "setAcl",
  "getChildren",
  "getChildren2",
  "sync",
  "whoAmI",
  "getEphemerals",
  "getAllChildrenNumber",
  "addWatch",
  "removeWatches",
] as const;

/** A check alone, if it goes well, has ZooKeeper hang up instead of an answer: it is asked for within a multi only. */
export const asks = [...simpleAsks, "check", "multi", "multiRead"] as const;

/** One request. Fields that its operation does not have are ignored. */
export interface Ask {
  readonly op: (typeof asks)[number];
  readonly path: string;
  readonly data: string;
  readonly version: number;
  /** Of a create. */
  readonly flags: number;
  /** Of an addWatch; of removeWatches the type, which is any. */
  readonly mode: number;
  /** Of a createTtl. */
  readonly ttlMs: number;
  /** Of a create and a setAcl. */
  readonly acl: Acl;
  readonly watch: boolean;
  /** Of a multi or multiRead: what it consists of. */
  readonly parts?: readonly Ask[];
}

/** Steps are taken one after the other; after each one all that it caused is waited for. */
export type Step =
  /** A client sends requests, one behind the other, without waiting. */
  | { readonly type: "ask"; readonly client: number; readonly asks: readonly Ask[] }
  /** A client is cut off; another one does something; the first comes back to its session and arms its watches again. */
  | { readonly type: "rejoin"; readonly client: number; readonly other: number; readonly meanwhile: Ask | undefined }
  /** A client closes its session and opens a new one. */
  | { readonly type: "close"; readonly client: number }
  /** A client shows who it is; a scheme that there is none of ends the connection. */
  | { readonly type: "auth"; readonly client: number; readonly scheme: string; readonly credential: string }
  /** A request whose body ends too early, or means nothing, for an operation with this number. */
  | { readonly type: "garbled"; readonly client: number; readonly opcode: number; readonly body: readonly number[] };

const names = ["/", "/a", "/a/b", "/a/b/c", "/a/x", "/d", "/d/e", "/q-", "/a/q-"];
const badNames = ["bad", "/a/", "/a//b", "/a/./b", "/a/..", "/a/\u0001", "/a/\ufffd", "/missing/x", "/\ue000"];
const builtIn = ["/zookeeper", "/zookeeper/quota"];
/** Where nothing is created below: a container that loses its last child goes in the end, at one server before the other. */
const leaves = ["/a/b/c", "/a/x", "/d/e"];
/**
 * Where clients have watches that stay, and their modes. They leave no others there: in ZooKeeper 3.8 a path has one watch of
 * one client, of the newest mode.
 */
const standing = [
  { path: "/d", mode: 0 },
  { path: "/a/b", mode: 1 },
] as const;
const garbledOpcodes = [1, 2, 3, 4, 5, 6, 8, 9, 12, 14, 15, 19, 21, 22, 101, 103, 104, 107, 999, -7];

/** In a path: the znode below which the sequence has its znodes, and the one in which that one is. */
export const ownPlace = "%";
export const ownFolder = "^";

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

/** A sequence of steps. */
export interface Sequence {
  readonly steps: readonly Step[];
  /** It looks at what there is one of in each server, and changes it: no other sequence may run beside it. */
  readonly alone: boolean;
}

/** Draws a sequence of `length` steps, about. One in twelve has to do with quotas and the znodes that are there from the start. */
export function drawSequence(random: Random, length: number): Sequence {
  const alone = random() < 0.08;
  return { steps: drawSteps(random, length, alone), alone };
}

function drawSteps(random: Random, length: number, alone: boolean): readonly Step[] {
  const below = (n: number): number => Math.floor(random() * n);
  const client = (): number => below(clients);
  const ask = (): Ask => drawAsk(random, alone);
  const step = (): Step => {
    const draw = random();
    if (draw < 0.8) return { type: "ask", client: client(), asks: decided(Array.from({ length: 1 + below(4) }, ask)) };
    if (draw < 0.9) {
      const who = client();
      const meanwhile = random() < 0.7 ? oncePerPath(ask()) : undefined;
      return { type: "rejoin", client: who, other: (who + 1 + below(clients - 1)) % clients, meanwhile };
    }
    if (draw < 0.95) return { type: "close", client: client() };
    if (draw < 0.97) {
      const scheme = random() < 0.8 ? "digest" : random() < 0.5 ? "ip" : "world";
      return { type: "auth", client: client(), scheme, credential: credentials[below(credentials.length)] ?? "" };
    }
    const body = Array.from({ length: below(12) }, () => (random() < 0.5 ? 0 : below(256)));
    return { type: "garbled", client: client(), opcode: garbledOpcodes[below(garbledOpcodes.length)] ?? 1, body };
  };
  const steps = (): readonly Step[] => (alone && random() < 0.25 ? drawQuotaSteps(random, client) : [step()]);
  return Array.from({ length }, steps).flat();
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

const credentials = ["bob:secret", "bob:other", "bob", "", "a:b:c", "\u00fc:x"];

/** Of whom lists speak: by scheme, ids that there are and ids that are none. */
const ids: readonly (readonly [scheme: string, id: string])[] = [
  ["world", "anyone"],
  ["world", "anyone"],
  ["world", "bob"],
  ["auth", ""],
  ["auth", ""],
  ["auth", "whatever"],
  ...credentials.slice(0, 4).map((credential) => ["digest", digestId(credential)] as const),
  ["digest", digestId("bob:secret")],
  ["digest", "bob"],
  ["digest", "a:b:"],
  ["digest", "a:b:c"],
  ["digest", ":"],
  ["ip", "127.0.0.1"],
  ["ip", "127.1.2.3/8"],
  ["ip", "127.0.0.0/31"],
  ["ip", "127.0.0.2/31"],
  ["ip", "1.2.3.4/0"],
  ["ip", "10.0.0.1"],
  ["ip", "127.0.0.1/33"],
  ["ip", "127.0.0.1/-1"],
  ["ip", "127.0.0.1/+8"],
  ["ip", "127.0.0.1/"],
  ["ip", "127.0.0.256"],
  ["ip", "::1"],
  ["ip", ""],
  ["super", ""],
  ["sasl", "bob"],
  ["", ""],
];

/** Mostly for everybody: otherwise little would be left that anybody may do. */
function drawAcl(random: Random): Acl {
  const below = (n: number): number => Math.floor(random() * n);
  if (random() < 0.75) return openAcl;
  if (random() < 0.1) return [];
  const items: AclItem[] = [];
  // Whoever is locked out for good makes the rest of the sequence dull.
  if (random() < 0.3) items.push({ perms: 1 + below(31), scheme: "world", id: "anyone" });
  for (let i = 1 + below(2); i > 0; i--) {
    const [scheme, id] = ids[below(random() < 0.7 ? 6 : ids.length)] ?? ["world", "anyone"];
    const perms = random() < 0.6 ? 31 : random() < 0.9 ? below(32) : ([0, -1, 2 ** 31 - 1, 64, 33][below(5)] ?? 0);
    items.push({ perms, scheme, id });
    if (random() < 0.1) items.push({ perms, scheme, id });
  }
  return items;
}

function drawAsk(random: Random, alone: boolean): Ask {
  const draw = random();
  if (draw > 0.25) return drawSimpleAsk(random, random() < 0.35 ? changing.slice(0, -1) : simpleAsks, alone);
  const op = draw < 0.18 ? "multi" : "multiRead";
  const kinds = op === "multi" ? changing : (["getData", "getChildren"] as const);
  // Of those that are bad, most multis would be refused: half of them have none.
  const bad = random() < 0.5;
  const parts: Ask[] = [];
  for (let i = Math.floor(random() * 6); i > 0; i--) {
    const part = drawSimpleAsk(random, kinds, alone);
    if (bad || (!badNames.includes(part.path) && part.flags < 7 && part.flags >= 0 && part.acl.length > 0))
      parts.push(part);
  }
  return { ...drawSimpleAsk(random, ["sync"], alone), op, parts };
}

function drawSimpleAsk(random: Random, ops: readonly Ask["op"][], alone: boolean): Ask {
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(from: readonly [T, ...T[]] | readonly T[], otherwise: T): T => from[below(from.length)] ?? otherwise;
  const draw = random();
  const path =
    draw < 0.08 ? pick(badNames, "bad") : alone && draw < 0.2 ? pick(builtIn, "/zookeeper") : pick(names, "/");
  const flags = random() < 0.95 ? below(4) : pick([4, 7, -1, 100], 7);
  const op = pick(ops, "sync");
  // Below the znodes that are there from the start all sequences would meet, and what sessions left there.
  const shared = builtIn.includes(path);
  const kind = op === "createContainer" ? drawContainer(random) : op === "createTtl" ? drawTtl(random) : undefined;
  return {
    ...{ op, path, flags: shared ? 0 : flags === 4 ? 7 : flags, ttlMs: 0, mode: 0 },
    // Where there are quotas data never get smaller, which ZooKeeper refuses beyond a hard limit.
    data: "x".repeat(alone && op === "setData" ? 3 : below(4)),
    version: random() < 0.6 ? -1 : below(5) - 2,
    acl: drawAcl(random),
    watch: random() < 0.6 && !standing.some((one) => one.path === path),
    ...kind,
    ...(op === "addWatch" || op === "removeWatches" ? drawStanding(random, op) : {}),
    // What is there from the start is the same for all sequences.
    ...(shared && (op === "createTtl" || op === "setAcl") ? { path: "/d" } : {}),
  };
}

function drawStanding(random: Random, op: Ask["op"]): Pick<Ask, "path" | "mode"> {
  const one = standing[random() < 0.5 ? 0 : 1];
  return op === "addWatch" ? one : { path: one.path, mode: 3 };
}

function drawContainer(random: Random): Pick<Ask, "path" | "flags"> {
  const path = leaves[Math.floor(random() * leaves.length)] ?? "/d/e";
  return { path, flags: random() < 0.9 ? 4 : 7 };
}

/** One whose time is over within a run would go at one server before the other. */
function drawTtl(random: Random): Pick<Ask, "flags" | "ttlMs"> {
  const flags = random() < 0.9 ? 5 + Math.floor(2 * random()) : 7;
  return { flags, ttlMs: random() < 0.8 ? 2 ** 40 - 1 : random() < 0.5 ? 0 : 2 ** 40 };
}
