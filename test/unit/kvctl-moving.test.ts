import { beforeEach, describe, expect, it } from "vitest";
import type { Acl } from "../../src/base/acl.ts";
import { TerrariumError } from "../../src/base/errors.ts";
import { Mover } from "../../src/kvctl/moving/move.ts";
import { progressLine, withProgress } from "../../src/kvctl/moving/progress.ts";
import { type EndOfTransfer, transfer } from "../../src/kvctl/moving/transfer.ts";
import {
  type MovedZnode,
  type SeenZnode,
  type SourceTree,
  type TargetTree,
  type ThereZnode,
  ZnodeRefusal,
} from "../../src/kvctl/moving/trees.ts";
import { walk } from "../../src/kvctl/moving/walk.ts";
import { parsePlace, placeText, readCredential } from "../../src/kvctl/moving/zookeeper-address.ts";
import type { Context, Output } from "../../src/kvctl/ports.ts";
import { FakeCluster } from "./kvctl-world.ts";

interface Node extends Omit<MovedZnode, "path"> {
  version: number;
  aversion: number;
  everHad: number;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A tree in memory, which answers some time later and counts what is under way. */
class MemoryTree implements SourceTree, TargetTree {
  readonly nodes = new Map<string, Node>();
  /** Names of one page. */
  page = 3;
  underWay = 0;
  mostUnderWay = 0;
  bytesUnderWay = 0;
  mostBytes = 0;
  creates = 0;
  /** Called before each request; may throw, or change the tree. */
  before: (what: string, path: string) => void = () => undefined;

  constructor() {
    this.add("/", "");
  }

  add(path: string, data: string, more: Partial<Node> = {}): this {
    const versions = { version: 0, aversion: 0, everHad: 0 };
    const node = { data: bytes(data), kind: "persistent", ttlMs: 0, acl: undefined } as const;
    this.nodes.set(path, { ...node, ...versions, ...more });
    const parent = this.nodes.get(parentOf(path));
    if (path !== "/" && parent !== undefined) parent.everHad++;
    return this;
  }

  count = async (path: string) => this.paths(path).length - 1;

  paths(root = "/"): string[] {
    return [...this.nodes.keys()].filter((path) => path === root || path.startsWith(root === "/" ? "/" : `${root}/`));
  }

  look = (path: string): Promise<SeenZnode | undefined> =>
    this.#answer("look", path, () => {
      const node = this.nodes.get(path);
      if (node === undefined) return undefined;
      const names = this.#names(path);
      const [children, more] = [names.slice(0, this.page), names.length > this.page];
      return { ...node, dataBytes: node.data.length, numChildren: names.length, children, more };
    });

  moreChildren = (path: string, after: string) =>
    this.#answer("more", path, () => {
      const names = this.#names(path).filter((name) => name > after);
      return { children: names.slice(0, this.page), more: names.length > this.page };
    });

  data = async (path: string): Promise<Uint8Array | undefined> => {
    const size = this.nodes.get(path)?.data.length ?? 0;
    this.bytesUnderWay += size;
    this.mostBytes = Math.max(this.mostBytes, this.bytesUnderWay);
    const data = await this.#answer("data", path, () => this.nodes.get(path)?.data);
    this.bytesUnderWay -= size;
    return data;
  };

  read = (path: string): Promise<ThereZnode | undefined> => this.#answer("read", path, () => this.nodes.get(path));

  create = (znode: MovedZnode): Promise<"created" | "exists" | "missing"> =>
    this.#answer("create", znode.path, () => {
      if (this.nodes.has(znode.path)) return "exists";
      if (!this.nodes.has(parentOf(znode.path))) return "missing";
      this.creates++;
      this.add(znode.path, "", { ...znode });
      return "created";
    });

  set = (path: string, data: Uint8Array, version: number): Promise<boolean> =>
    this.#answer("set", path, () => {
      const node = this.nodes.get(path);
      if (node?.version !== version) return false;
      this.nodes.set(path, { ...node, data, version: version + 1 });
      return true;
    });

  setAcl = (path: string, acl: Acl | undefined, aversion: number): Promise<boolean> =>
    this.#answer("setAcl", path, () => {
      const node = this.nodes.get(path);
      if (node?.aversion !== aversion) return false;
      this.nodes.set(path, { ...node, acl, aversion: aversion + 1 });
      return true;
    });

  countOn = (path: string, by: number): Promise<void> =>
    this.#answer("countOn", path, () => {
      const node = this.nodes.get(path);
      if (node !== undefined) node.everHad += by;
    });

  #names(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    const names = this.paths(path)
      .filter((one) => one !== path)
      .map((one) => one.slice(prefix.length));
    return names.filter((name) => !name.includes("/")).sort();
  }

  async #answer<T>(what: string, path: string, answer: () => T): Promise<T> {
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    await new Promise((resolve) => setImmediate(resolve));
    try {
      this.before(what, path);
      return answer();
    } finally {
      this.underWay--;
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

let source: MemoryTree;
let target: MemoryTree;
let printed: string[];
let notes: string[];
let interrupt: AbortController;

beforeEach(() => {
  source = new MemoryTree();
  target = new MemoryTree();
  printed = [];
  notes = [];
  interrupt = new AbortController();
});

function context(more: Partial<Output> = {}): Context {
  const out: Output = {
    json: false,
    terminal: false,
    write: (chunk) => void printed.push(Buffer.from(chunk).toString()),
    note: (text) => void notes.push(text),
    ...more,
  };
  const cluster = new FakeCluster();
  const none = async () => new Uint8Array();
  return {
    cluster,
    inputs: { readFile: none, readStdin: none, stream: async function* () {} },
    out,
    timeoutMs: 1_000,
    inShell: false,
    show: async () => undefined,
    signal: interrupt.signal,
    session: () => cluster.open(),
    follow: async () => undefined,
  };
}

const end = <T>(tree: T, path: string): EndOfTransfer<T> => ({ tree, path, text: path });
const plain = { overwrite: false, dryRun: false, counters: false };

function moved(from = "/a", to = from, options = {}, around = context()): Promise<void> {
  return transfer(around, "import", end(source, from), end(target, to), { ...plain, ...options });
}

/** A tree of every shape: chains, a wide one, nested ones. */
function grow(): void {
  source.add("/a", "root");
  for (let i = 0; i < 40; i++) {
    source.add(`/a/w${String(i).padStart(2, "0")}`, `wide ${i}`);
    source.add(`/a/w${String(i).padStart(2, "0")}/one`, "");
    source.add(`/a/w${String(i).padStart(2, "0")}/one/more`, `deep ${i}`);
  }
  for (let i = 0, path = "/a/chain"; i < 30; i++, path += "/link") source.add(path, `${i}`);
}

describe("a walk", () => {
  const walked = async (root: string): Promise<string[]> => {
    const paths: string[] = [];
    for await (const { path } of walk(source, root, { leaveOut: () => undefined })) paths.push(path);
    return paths;
  };

  it("comes by every znode once, parents first and names in order", async () => {
    grow();
    const inOrder = source.paths("/a").sort((a, b) => (`${a}/` < `${b}/` ? -1 : 1));
    expect(await walked("/a")).toEqual(inOrder);
    expect(await walked("/a/w07")).toEqual(["/a/w07", "/a/w07/one", "/a/w07/one/more"]);
  });

  it("asks for many ahead, but not for all", async () => {
    source.page = 10_000;
    source.add("/a", "");
    for (let i = 0; i < 3_000; i++) source.add(`/a/${i}`, "x");
    expect(await walked("/a")).toHaveLength(3_001);
    expect(source.mostUnderWay).toBeGreaterThan(100);
    expect(source.mostUnderWay).toBeLessThanOrEqual(512);
  });

  it("keeps no more data than it has room for", async () => {
    source.add("/a", "");
    for (let i = 0; i < 40; i++) source.add(`/a/${i}`, "x".repeat(1024 * 1024));
    expect(await walked("/a")).toHaveLength(41);
    expect(source.mostBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  it("tells what it leaves out, and why", async () => {
    source.add("/zookeeper", "").add("/zookeeper/quota", "");
    source.add("/a", "").add("/a/e", "", { kind: "ephemeral" }).add("/a/gone", "x").add("/a/secret", "x");
    source.before = (what, path) => {
      if (path === "/a/secret") throw new ZnodeRefusal("it is secret");
      if (what === "data" && path === "/a/gone") source.nodes.delete(path);
    };
    const out: unknown[] = [];
    const paths: string[] = [];
    for await (const { path } of walk(source, "/", { leaveOut: (...told) => out.push(told) })) paths.push(path);
    expect(paths).toEqual(["/", "/a"]);
    expect(out).toEqual(
      expect.arrayContaining([
        ["/zookeeper", "builtIn", undefined],
        ["/a/e", "ephemeral", undefined],
        ["/a/gone", "gone", undefined],
        ["/a/secret", "refused", "it is secret"],
      ]),
    );
  });

  it("ends with what ends it, wherever in the tree", async () => {
    grow();
    for (const what of ["look", "data", "more"]) {
      source.before = (now, path) => {
        if (now === what && path.startsWith("/a")) throw new TerrariumError("NO_SERVER");
      };
      await expect(walked("/")).rejects.toThrow("no server answers");
    }
  });
});

describe("a move", () => {
  it("brings all to where it belongs, with its kind, and makes missing parents", async () => {
    grow();
    source.add("/a/c", "", { kind: "container" }).add("/a/t", "", { kind: "ttl", ttlMs: 9_000 });
    source.add("/a/e", "", { kind: "ephemeral" });
    await moved("/a", "/x/y/z");
    expect(printed.join("")).toBe("imported /a to /x/y/z: 153 created, 2 created above it, 1 ephemeral, left out\n");
    expect(target.nodes.get("/x/y/z/w03/one/more")?.data).toEqual(bytes("deep 3"));
    expect(target.nodes.get("/x/y/z/c")?.kind).toBe("container");
    expect(target.nodes.get("/x/y/z/t")).toMatchObject({ kind: "ttl", ttlMs: 9_000 });
    expect(target.nodes.size).toBe(1 + 2 + 153);
    expect(target.mostUnderWay).toBeGreaterThan(20);
  });

  it("goes from the root, and to it", async () => {
    source.add("/a", "").add("/a/b", "2");
    await moved("/", "/copy");
    expect(target.paths("/copy")).toEqual(["/copy", "/copy/a", "/copy/a/b"]);
    await moved("/a", "/");
    expect(notes).toEqual([]);
    expect(target.nodes.get("/b")?.data).toEqual(bytes("2"));
  });

  it("goes on where it was broken off, and does nothing twice", async () => {
    grow();
    target.before = (what) => {
      if (what === "create" && target.creates === 60) throw new TerrariumError("NO_QUORUM");
    };
    await expect(moved()).rejects.toMatchObject({ code: "NO_QUORUM" });
    expect(notes.at(-1)).toMatch(/^kvctl: so far: 60 created.*; import again goes on from there$/);
    target.before = () => undefined;
    await moved();
    expect(printed.at(-1)).toBe("imported /a to /a: 91 created, 60 there already\n");
    await moved();
    expect(printed.at(-1)).toBe("imported /a to /a: 0 created, 151 there already\n");
  });

  it("leaves alone what differs, says so, and goes on below it", async () => {
    source.add("/a", "1").add("/a/b", "2").add("/a/b/c", "3").add("/a/k", "", { kind: "container" });
    target.add("/a", "1").add("/a/b", "other").add("/a/k", "");
    await expect(moved()).rejects.toMatchObject({
      code: "INCOMPLETE",
      message: "not all is there: 2 differ, 0 could not be moved",
    });
    expect(printed.join("")).toBe(
      "imported /a to /a: 1 created, 1 there already, 2 different there, left as they are\n",
    );
    expect(notes.sort()).toEqual([
      "kvctl: /a/b: it is there with other data (--overwrite replaces them)",
      "kvctl: /a/k: it is a container, and persistent there",
    ]);
    expect(target.nodes.get("/a/b")?.data).toEqual(bytes("other"));
    expect(target.nodes.get("/a/b/c")?.data).toEqual(bytes("3"));
  });

  it("overwrites data when told to, however often others change them meanwhile", async () => {
    source.add("/a", "new");
    target.add("/a", "old");
    let changes = 2;
    target.before = (what, path) => {
      const node = target.nodes.get(path);
      if (what === "set" && node !== undefined && changes-- > 0) node.version++;
    };
    await moved("/a", "/a", { overwrite: true });
    expect(printed.join("")).toBe("imported /a to /a: 0 created, 1 overwritten\n");
    expect(target.nodes.get("/a")?.data).toEqual(bytes("new"));
  });

  it("changes nothing in a dry run, and tells the same", async () => {
    grow();
    target.add("/a", "other").add("/a/w00", "wide 0");
    const before = target.nodes.size;
    await moved("/a", "/a", { dryRun: true, overwrite: true });
    expect(printed.join("")).toBe("would import /a to /a: 149 to create, 1 there already, 1 to overwrite\n");
    await moved("/a", "/x/y", { dryRun: true });
    expect(printed.at(-1)).toBe("would import /a to /x/y: 151 to create, 1 above it to create\n");
    expect([target.nodes.size, target.creates]).toEqual([before, 0]);
  });

  it("names what cannot be made, and what is below it only once", async () => {
    source.add("/a", "").add("/a/big", "").add("/a/big/child", "").add("/a/fine", "");
    target.before = (what, path) => {
      if (what === "create" && path === "/a/big") throw new ZnodeRefusal("it is too large");
    };
    await expect(moved()).rejects.toMatchObject({ code: "INCOMPLETE" });
    expect(notes).toEqual(["kvctl: /a/big: it is too large", "kvctl: /a/big/child: its parent could not be made"]);
    expect(target.paths("/a")).toEqual(["/a", "/a/fine"]);
  });

  it("takes a parent that may not be read for one that is there, and says which cannot be made", async () => {
    source.add("/a", "");
    target.add("/x", "");
    target.before = (what, path) => {
      if (what === "read" && path === "/x") throw new ZnodeRefusal("it is secret");
    };
    await moved("/a", "/x/y/z");
    expect(target.paths("/x")).toEqual(["/x", "/x/y", "/x/y/z"]);
    target.before = (what) => {
      if (what === "create") throw new ZnodeRefusal("there is a quota");
    };
    await expect(moved("/a", "/x/other/z")).rejects.toMatchObject({
      code: "INCOMPLETE",
      message: "/x/other, above it, cannot be made: there is a quota",
    });
  });

  it("tells of twenty, and counts the rest", async () => {
    source.add("/a", "");
    for (let i = 0; i < 30; i++) source.add(`/a/${i}`, "");
    target.before = (what, path) => {
      if (what === "create" && path !== "/a") throw new ZnodeRefusal("no");
    };
    await expect(moved()).rejects.toMatchObject({ message: "not all is there: 0 differ, 30 could not be moved" });
    expect(notes).toHaveLength(21);
    expect(notes.at(-1)).toBe("kvctl: … further ones are only counted");
  });

  it("says of access control lists that differ", async () => {
    const acl = (perms: number) => [{ perms, scheme: "world", id: "anyone" }];
    source.add("/a", "", { acl: acl(1) });
    target.add("/a", "", { acl: acl(3) });
    await expect(moved()).rejects.toMatchObject({ code: "INCOMPLETE" });
    expect(notes).toEqual(["kvctl: /a: it is there with another access control list (--overwrite replaces it)"]);
    target.nodes.set("/a", { ...(target.nodes.get("/a") as Node), acl: acl(1) });
    await moved();
  });

  it("overwrites lists when told to, behind the data, however often others change them meanwhile", async () => {
    const acl = [{ perms: 1, scheme: "world", id: "anyone" }];
    source.add("/a", "new", { acl }).add("/a/b", "", { acl }).add("/a/c", "");
    target.add("/a", "old").add("/a/b", "").add("/a/c", "", { acl });
    const asked: string[] = [];
    let changes = 2;
    target.before = (what, path) => {
      const node = target.nodes.get(path);
      if (what.startsWith("set")) asked.push(`${what} ${path}`);
      if (what === "setAcl" && path === "/a" && node !== undefined && changes-- > 0) node.aversion++;
    };
    await expect(moved()).rejects.toMatchObject({ code: "INCOMPLETE" });
    expect(notes).toContain("kvctl: /a: it is there with other data and another list (--overwrite replaces them)");
    expect(asked).toEqual([]);
    await moved("/a", "/a", { overwrite: true });
    expect(printed.at(-1)).toBe("imported /a to /a: 0 created, 3 overwritten\n");
    expect(asked.filter((one) => one.endsWith("/a"))).toEqual(["set /a", "setAcl /a", "setAcl /a", "setAcl /a"]);
    for (const [path, list] of [
      ["/a", acl],
      ["/a/b", acl],
      ["/a/c", undefined],
    ] as const)
      expect(target.nodes.get(path)?.acl, path).toEqual(list);
    await moved();
  });

  it("says that the root is missing, and has done nothing", async () => {
    await expect(moved("/none", "/x/y")).rejects.toMatchObject({ code: "NO_NODE", message: "there is no znode /none" });
    expect(target.nodes.size).toBe(1);
  });

  it("lets sequences go on, or says that they do not", async () => {
    source.add("/a", "").add("/a/q", "", { everHad: 7 }).add("/a/q/n-0000000005", "");
    await moved();
    expect(notes.join()).toMatch(/1 znode had more children than it has now: .*--counters/);
    expect(target.nodes.get("/a/q")?.everHad).toBe(1);
    await moved("/a", "/a", { counters: true });
    expect(target.nodes.get("/a/q")?.everHad).toBe(8);
    await moved("/a", "/a", { counters: true });
    expect(target.nodes.get("/a/q")?.everHad).toBe(8);
  });

  it("ends at once when the user has had enough", async () => {
    grow();
    target.before = () => {
      if (target.creates === 20) interrupt.abort(new Error("enough"));
    };
    await expect(moved()).rejects.toThrow("enough");
    expect(notes.join()).toContain("so far: ");
  });

  it("prints numbers for programs", async () => {
    source.add("/a", "").add("/a/b", "");
    await moved("/a", "/x", {}, context({ json: true }));
    expect(JSON.parse(printed.join(""))).toMatchObject({ from: "/a", to: "/x", created: 2, same: 0, ephemerals: 0 });
  });

  it("has a bar on a terminal, and none elsewhere", async () => {
    grow();
    const lines: string[] = [];
    await moved("/a", "/a", {}, context({ status: (line) => void lines.push(line) }));
    expect(lines.at(-1)).toBe("");
    await withProgress(
      context({ status: (line) => void lines.push(line) }).out,
      "moving",
      () => ({ done: 1, total: 2 }),
      () => new Promise((resolve) => setTimeout(resolve, 300)),
    );
    expect(lines.some((line) => line.startsWith("moving  [############............] 50 %  1 of 2"))).toBe(true);
  });
});

describe("a mover", () => {
  it("takes lines in an order of their own: what is under way is waited for", async () => {
    const mover = new Mover(context(), target, plain);
    const znode = { data: bytes(""), kind: "persistent", ttlMs: 0, acl: undefined } as const;
    for (const path of ["/a", "/b", "/a/x", "/b/y", "/a/x/z"]) await mover.take({ ...znode, path });
    await mover.settled();
    expect(target.paths().sort()).toEqual(["/", "/a", "/a/x", "/a/x/z", "/b", "/b/y"]);
    await mover.take({ ...znode, path: "/c/d" });
    await mover.settled();
    expect(notes).toEqual(["kvctl: /c/d: its parent is not there"]);
  });
});

describe("a line of progress", () => {
  it.each([
    [{ done: 0, total: 10 }, 0, "m  [........................] 0 %  0 of 10  0/s"],
    [{ done: 5_000, total: 20_000 }, 1_000, "m  [######..................] 25 %  5,000 of 20,000  5,000/s  3 s left"],
    [{ done: 30, total: 20 }, 1_000, "m  [########################] 100 %  30 of 20  30/s"],
    [{ done: 1, total: 1_000 }, 1_000, "m  [........................] 0 %  1 of 1,000  1/s  17 min left"],
    [{ done: 1, total: 100_000 }, 1_000, "m  [........................] 0 %  1 of 100,000  1/s  27.8 h left"],
    [{ done: 1_234, total: undefined }, 2_000, "m  1,234 znodes  617/s"],
  ])("of %j after %i ms", (standing, elapsedMs, line) => {
    expect(progressLine("m", standing, elapsedMs)).toBe(line);
  });
});

describe("an address of ZooKeeper servers", () => {
  it.each([
    ["zk://127.0.0.1:2181/app", ["127.0.0.1:2181"], "/app"],
    ["zk://a:1,b,[::1]:3/x/y", ["a:1", "b:2181", "[::1]:3"], "/x/y"],
    ["zk://h", ["h:2181"], "/"],
    ["zk://h/", ["h:2181"], "/"],
  ])("%s", (text, hosts, path) => {
    expect(parsePlace(text)).toEqual({ hosts, path });
    expect(parsePlace(placeText(parsePlace(text)))).toEqual({ hosts, path });
  });

  it.each([
    "",
    "127.0.0.1:2181/app",
    "http://h/app",
    "zk:///app",
    "zk://h:1,,g:2/",
    "zk://h:99999/",
    "zk://h/a/",
    "zk://h//a",
  ])("%j is refused", (text) => {
    expect(() => parsePlace(text)).toThrow(TerrariumError);
  });

  it("has credentials, which no message repeats", async () => {
    const inputs = { readFile: async () => bytes("digest:bob:secret\n"), readStdin: async () => bytes("") };
    expect(await readCredential("digest:bob:secret", inputs)).toEqual({ scheme: "digest", auth: bytes("bob:secret") });
    expect(await readCredential("@file", inputs)).toEqual({ scheme: "digest", auth: bytes("bob:secret") });
    await expect(readCredential("secret", inputs)).rejects.toThrow("--zk-auth is not scheme:credential");
  });
});
