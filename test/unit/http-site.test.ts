import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { Gate } from "../../src/doors/gate.ts";
import { Guests } from "../../src/http/guests.ts";
import type { ClusterView, FeedEvent, SessionsAnswer, TreeAnswer, WatchesAnswer } from "../../src/http/observed.ts";
import { Pages } from "../../src/http/pages.ts";
import { createHttpServer } from "../../src/http/server.ts";
import type { SiteObserver } from "../../src/http/site.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";
import { MemoryLog } from "./rpc-harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A cluster of which there is a new view whenever a test says so. */
class FakeObserver implements SiteObserver {
  view: ClusterView | undefined;
  feed: FeedEvent[] = [];
  readonly watching = new Set<() => void>();

  feedBehind(n: number): readonly FeedEvent[] {
    return this.feed.filter((event) => event.n > n);
  }

  watch(renewed: () => void): () => void {
    this.watching.add(renewed);
    return () => this.watching.delete(renewed);
  }

  renew(trouble: string | null = null): void {
    this.view = {
      clusterId: "c",
      from: 1,
      atMs: 1,
      intervalMs: 500,
      leader: 1,
      term: 2,
      trouble,
      servers: [],
      pages: 1,
    };
    for (const renewed of this.watching) renewed();
  }

  overloaded = false;

  async sessions(after: number): Promise<SessionsAnswer> {
    if (this.overloaded) throw new TerrariumError("OVERLOADED", "too many such questions");
    return { zxid: 5, sessions: [], more: false, total: after };
  }

  async watches(): Promise<WatchesAnswer> {
    if (this.overloaded) throw new TerrariumError("OVERLOADED", "too many such questions");
    return { servers: [], missing: [3] };
  }
}

/** A machine with one session that has created these znodes. */
function machineWith(...znodes: readonly (readonly [path: string, data: Uint8Array | string])[]): ZnodeMachine {
  const machine = new ZnodeMachine();
  const origin = { origin: 1, proposal: 0, timeMs: 1_000 };
  const password = new Uint8Array(16);
  machine.apply(1, { ...origin, body: { type: "createSession", password, timeoutMs: 5_000, holder: 1 } });
  znodes.forEach(([path, data], i) => {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    machine.apply(i + 2, {
      ...origin,
      body: {
        ...{ type: "write", sessionId: 1, attachment: 1, requestId: i + 1, ackedRequestId: i },
        operation: { op: "create", path, data: bytes, ephemeral: path.endsWith("-eph"), sequential: false },
      },
    });
  });
  return machine;
}

interface Given {
  readonly machine?: ZnodeMachine;
  readonly files?: Readonly<Record<string, string>>;
  readonly livePagesMax?: number;
  readonly names?: readonly string[];
}

async function site({ machine = machineWith(), files = {}, livePagesMax = 3, names = [] }: Given = {}) {
  const directory = await mkdtemp(join(tmpdir(), "terrarium-site-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, ".."), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  const observer = new FakeObserver();
  const log = new MemoryLog();
  const gate = new Gate({ name: "http", connectionsMax: 1000, firstWordMs: 60_000, idleMs: 60_000, log });
  const http = createHttpServer({
    gate,
    status: () => {
      throw new Error("not asked here");
    },
    metrics: { contentType: "text/plain", scrape: () => Promise.resolve("") },
    onError: (error) => log.error({}, error.message),
    site: {
      server: 1,
      pages: new Pages(directory),
      guests: new Guests(["store.example", ...names]),
      observer,
      tree: () => machine,
      livePagesMax,
    },
  });
  cleanups.push(() => http.close());
  return { http, observer, directory };
}

const built = {
  "dashboard/index.html": "<!doctype html><title>dashboard</title>",
  "play/index.html": "<!doctype html><title>playground</title>",
  "assets/page-abc.js": `export const words = "${"many ".repeat(500)}";`,
};

describe("the pages", () => {
  it("are the dashboard at /, the playground at /play/, and what they share", async () => {
    const { http } = await site({ files: built });
    expect((await http.inject("/")).body).toContain("<title>dashboard");
    expect((await http.inject("/play/")).body).toContain("<title>playground");
    const moved = await http.inject("/play");
    expect([moved.statusCode, moved.headers.location]).toEqual([308, "play/"]);
    const script = await http.inject({ url: "/assets/page-abc.js", headers: { "accept-encoding": "br, gzip" } });
    expect(script.headers["content-type"]).toContain("text/javascript");
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(gunzipSync(script.rawPayload).toString()).toBe(built["assets/page-abc.js"]);
    expect((await http.inject("/assets/page-abc.js")).body).toBe(built["assets/page-abc.js"]);
  });

  it("are asked for anew each time, and sent only if they have changed", async () => {
    const { http } = await site({ files: built });
    const first = await http.inject("/");
    expect(first.headers["cache-control"]).toBe("no-cache");
    const again = await http.inject({ url: "/", headers: { "if-none-match": String(first.headers.etag) } });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  });

  it("run nothing but their own files, and are framed by nobody", async () => {
    const { http } = await site({ files: built });
    for (const url of ["/", "/play/", "/assets/page-abc.js", "/tree", "/nowhere", "/tree?path=x"]) {
      const { headers } = await http.inject(url);
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
    const { headers } = await http.inject("/");
    expect(headers["content-security-policy"]).toContain("require-trusted-types-for 'script'");
  });

  it("are files that the build has made, and nothing else", async () => {
    const { http, directory } = await site({ files: { ...built, "secret.js": "no" } });
    await writeFile(join(directory, "..", "terrarium-outside.js"), "no");
    cleanups.push(() => rm(join(directory, "..", "terrarium-outside.js")));
    for (const url of [
      "/assets/../secret.js",
      "/assets/..%2fsecret.js",
      "/assets/%2e%2e/secret.js",
      "/assets/..%2f..%2fterrarium-outside.js",
      "/assets//etc/passwd",
      "/assets/page-abc.js%00.html",
      "/assets/",
      "/play/../dashboard/index.html",
      "/dashboard/index.html",
      `/assets/${"a/".repeat(2000)}x.js`,
    ]) {
      const answer = await http.inject(url);
      expect([url, answer.statusCode]).toEqual([
        url,
        expect.toSatisfy((code: number) => [404, 503, 414].includes(code)),
      ]);
      expect(answer.body).not.toBe("no");
    }
  });

  it("say in a sentence that they were not built, and appear when they are", async () => {
    const { http, directory } = await site();
    const missing = await http.inject("/");
    expect([missing.statusCode, missing.headers["content-type"]]).toEqual([503, "text/plain; charset=utf-8"]);
    expect(missing.body).toMatch(/^The pages .* were not built: run `npm run build`.*\.\n$/);
    await mkdir(join(directory, "dashboard"));
    await writeFile(join(directory, "dashboard/index.html"), "now");
    expect((await http.inject("/")).body).toBe("now");
  });

  it("are found once a build is complete, though they were asked for while it ran", async () => {
    const { http, directory } = await site({ files: built });
    await rm(join(directory, "assets/page-abc.js"));
    const status = async (url: string) => (await http.inject(url)).statusCode;
    expect([await status("/assets/page-abc.js"), await status("/assets/late.js")]).toEqual([404, 404]);
    for (const name of ["page-abc", "late"]) await writeFile(join(directory, `assets/${name}.js`), "now");
    for (const name of ["page-abc", "late"])
      await expect.poll(() => status(`/assets/${name}.js`), { timeout: 60_000 }).toBe(200);
  });

  it("are read again after a read that failed", async () => {
    const { http, directory } = await site({ files: built });
    expect((await http.inject("/")).statusCode).toBe(200);
    await rm(join(directory, "assets/page-abc.js"));
    expect((await http.inject("/assets/page-abc.js")).statusCode).toBe(404);
    await writeFile(join(directory, "assets/page-abc.js"), "now");
    expect((await http.inject("/assets/page-abc.js")).body).toBe("now");
  });
});

describe("who may ask", () => {
  const paths = ["/", "/events", "/tree", "/sessions", "/watches"];

  it("is who knows the server by a name of its own", async () => {
    const { http } = await site({ files: built, names: ["Other.Example"] });
    for (const host of [
      ...["localhost", "LOCALHOST:7201", "127.0.0.1:7201", "10.1.2.3", "[::1]:7201", "[fe80::1]"],
      ...["store.example:80", "other.example", "store.example.", "a.localhost:7201"],
    ])
      expect([host, (await http.inject({ url: "/tree", headers: { host } })).statusCode]).toEqual([host, 200]);
  });

  it("is nobody who comes by another name, or by none", async () => {
    const { http } = await site({ files: built });
    for (const host of [
      ...["evil.example", "evil.example:7201", "store.example.evil.example", "127.0.0.1.evil.example", "localhostevil"],
      ...["localhost@evil.example", "a b", "[::1", "localhost:7201:1", "localhost/x", ":7201", "."],
    ])
      for (const url of paths) {
        const answer = await http.inject({ url, headers: { host } });
        expect([host, url, answer.statusCode]).toEqual([host, url, 403]);
        expect(answer.json<{ error: { code: string; hint: string } }>().error).toMatchObject({
          code: "FORBIDDEN",
          hint: expect.stringContaining("--http-name"),
        });
      }
  });

  it("is no page of another site; links to the pages are followed all the same", async () => {
    const { http } = await site({ files: built });
    for (const siteOf of ["cross-site", "same-site"]) {
      const headers = { host: "localhost", "sec-fetch-site": siteOf };
      for (const url of paths.slice(1)) expect((await http.inject({ url, headers })).statusCode).toBe(403);
      expect((await http.inject({ url: "/", headers })).statusCode).toBe(200);
    }
    for (const siteOf of ["same-origin", "none"])
      expect(
        (await http.inject({ url: "/tree", headers: { host: "localhost", "sec-fetch-site": siteOf } })).statusCode,
      ).toBe(200);
  });
});

describe("/tree", () => {
  const ask = async (http: FastifyInstance, query: string) => {
    const answer = await http.inject(`/tree${query}`);
    return { status: answer.statusCode, body: answer.json<TreeAnswer>(), type: answer.headers["content-type"] };
  };

  it("tells a znode with its data, its Stat and its children, as JSON", async () => {
    const { http } = await site({ machine: machineWith(["/a", "héllo <b>"], ["/a/x", ""], ["/a/y-eph", "12345"]) });
    const { status, body, type } = await ask(http, "?path=/a");
    expect([status, type]).toEqual([200, "application/json; charset=utf-8"]);
    expect(Buffer.from(body.data, "base64").toString()).toBe("héllo <b>");
    expect(body).toMatchObject({ server: 1, zxid: 4, path: "/a", at: 0, more: false });
    expect(body.stat).toMatchObject({ czxid: 2, numChildren: 2, dataLength: 10, version: 0, ephemeralOwner: 0 });
    expect(body.children).toEqual([
      { name: "x", numChildren: 0, dataLength: 0, ephemeral: false },
      { name: "y-eph", numChildren: 0, dataLength: 5, ephemeral: true },
    ]);
    expect((await ask(http, "")).body.path).toBe("/");
  });

  it("tells many children page by page, each of them once", async () => {
    const names = Array.from({ length: 2 * limits.treeChildrenMax + 7 }, (_, i) => `c${String(i).padStart(4, "0")}`);
    const { http } = await site({
      machine: machineWith(["/p", ""], ...names.map((name) => [`/p/${name}`, ""] as const)),
    });
    const found: string[] = [];
    for (let from = "", pages = 0; ; pages++) {
      const { body } = await ask(http, `?path=/p&from=${from}`);
      expect(body.children.length).toBeLessThanOrEqual(limits.treeChildrenMax);
      found.push(...body.children.map(({ name }) => name));
      from = found.at(-1) ?? "";
      if (!body.more) {
        expect(pages).toBe(2);
        break;
      }
    }
    expect(found).toEqual(names);
  });

  it("tells large data piece by piece, each with all that makes it whole", async () => {
    const data = Uint8Array.from({ length: limits.dataBytesMax }, (_, i) => (i * 31) & 0xff);
    const { http } = await site({ machine: machineWith(["/large", data]) });
    const pieces: Buffer[] = [];
    for (let at = 0; at < data.length; ) {
      const { body } = await ask(http, `?path=/large&at=${at}`);
      expect(body.stat.dataLength).toBe(data.length);
      const piece = Buffer.from(body.data, "base64");
      expect(piece.length).toBeLessThanOrEqual(limits.treeBytesMax);
      pieces.push(piece);
      at += piece.length;
    }
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
    expect((await ask(http, "?path=/large&at=9999999999")).body.data).toBe("");
  });

  it("says what is wrong with a path, a place or a znode that is not there", async () => {
    const { http } = await site();
    for (const [query, status, code] of [
      ["?path=a", 400, "BAD_ARGUMENTS"],
      ["?path=", 400, "BAD_ARGUMENTS"],
      ["?path=/a//b", 400, "BAD_ARGUMENTS"],
      ["?path=/a/../b", 400, "BAD_ARGUMENTS"],
      ["?path=/a%00", 400, "BAD_ARGUMENTS"],
      ["?path=/%F0%9F%98%80", 400, "BAD_ARGUMENTS"],
      [`?path=/${"x".repeat(5000)}`, 400, "BAD_ARGUMENTS"],
      ["?path=/a&path=/b", 400, "BAD_ARGUMENTS"],
      ["?at=-1", 400, "BAD_ARGUMENTS"],
      ["?at=1e3", 400, "BAD_ARGUMENTS"],
      ["?at=", 400, "BAD_ARGUMENTS"],
      ["?path=/nowhere", 404, "NO_NODE"],
      ["?path=/%3Cscript%3E", 404, "NO_NODE"],
    ] as const) {
      const answer = await http.inject(`/tree${query}`);
      const { error } = answer.json<{ error: { code: string; message: string; hint: string } }>();
      expect([query.slice(0, 30), answer.statusCode, error.code]).toEqual([query.slice(0, 30), status, code]);
      expect(error.message).not.toBe("");
      expect(answer.headers["content-type"]).toContain("application/json");
    }
  });

  it("shows what everybody may read, and says where somebody may not", async () => {
    const machine = machineWith(["/a", "secret"]);
    const body = {
      ...({ type: "write", sessionId: 1, attachment: 1, requestId: 2, ackedRequestId: 1 } as const),
      operation: { op: "setAcl", path: "/a", acl: [{ perms: 31, scheme: "ip", id: "0.0.0.0/0" }], version: -1 },
    } as const;
    machine.apply(machine.appliedIndex + 1, { timeMs: 1, origin: 1, proposal: 1, body });
    const { http } = await site({ machine });
    const answer = await http.inject("/tree?path=/a");
    expect([answer.statusCode, answer.json()]).toMatchObject([403, { error: { code: "NO_AUTH" } }]);
    expect(answer.body).not.toContain(Buffer.from("secret").toString("base64"));
    expect((await http.inject("/tree?path=/")).statusCode).toBe(200);
  });

  it("is read only", async () => {
    const { http } = await site({ machine: machineWith(["/a", ""]) });
    for (const method of ["POST", "PUT", "DELETE", "PATCH"] as const)
      for (const url of ["/tree?path=/a", "/events", "/sessions", "/watches", "/"])
        expect((await http.inject({ method, url })).statusCode).toBe(404);
    expect((await http.inject({ method: "HEAD", url: "/events" })).statusCode).toBe(404);
  });
});

describe("/sessions and /watches", () => {
  it("tell what the observer knows, and refuse what is no session's id", async () => {
    const { http } = await site();
    expect((await http.inject("/sessions?after=17")).json()).toMatchObject({ zxid: 5, total: 17 });
    expect((await http.inject("/watches")).json()).toEqual({ servers: [], missing: [3] });
    for (const after of ["-1", "x", "1e9", "", "99999999999999999999", "1&after=2"])
      expect((await http.inject(`/sessions?after=${after}`)).statusCode).toBe(400);
  });

  it("say so when they are asked too much", async () => {
    const { http, observer } = await site();
    observer.overloaded = true;
    for (const url of ["/sessions", "/watches"]) {
      const answer = await http.inject(url);
      expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "1"]);
      const message = "too many such questions";
      expect(answer.json()).toEqual({ error: { code: "OVERLOADED", message, hint: "ask again in a second" } });
    }
  });
});

describe("/events", () => {
  const listening = async (given: Given = {}) => {
    const { http, observer } = await site(given);
    await http.listen({ host: "127.0.0.1", port: 0 });
    const address = http.server.address();
    return { http, observer, port: typeof address === "object" ? (address?.port ?? 0) : 0 };
  };

  /** Opens a stream; `text` grows as it is told more. */
  const open = async (port: number) => {
    const page = { text: "", status: 0, headers: {} as NodeJS.Dict<string | string[]>, ended: false, close: () => {} };
    await new Promise<void>((resolve) => {
      const request = get({ host: "127.0.0.1", port, path: "/events", agent: false }, (response) => {
        page.status = response.statusCode ?? 0;
        page.headers = response.headers;
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          page.text += chunk;
        });
        response.on("error", () => {});
        response.on("close", () => {
          page.ended = true;
        });
        resolve();
      });
      request.on("error", () => {});
      page.close = () => request.destroy();
      cleanups.push(page.close);
    });
    return page;
  };
  const eventually = (check: () => unknown) => expect.poll(check, { timeout: 60_000 }).toBeTruthy();
  const count = (text: string, word: string) => text.split(word).length - 1;

  it("tells each new view, and what happened since the one before", async () => {
    const { observer, port } = await listening();
    observer.feed = [{ type: "created", path: "/a", zxid: 3, n: 1, atMs: 0 }];
    const page = await open(port);
    expect(page.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(page.headers["cache-control"]).toContain("no-store");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    observer.renew();
    await eventually(() => page.text.includes('"path":"/a"'));
    observer.feed = [...observer.feed, { type: "leader", leader: null, term: 3, n: 2, atMs: 0 }];
    observer.renew("There is no quorum");
    await eventually(() => page.text.includes('"leader":null'));
    expect(count(page.text, "event: cluster\ndata: {")).toBe(2);
    expect(count(page.text, '"path":"/a"')).toBe(1);
    const late = await open(port);
    await eventually(() => late.text.includes("There is no quorum") && late.text.includes('"path":"/a"'));
    expect(count(page.text, "event: cluster")).toBe(2);
  });

  it("keeps text in one line of its event, whatever is in it", async () => {
    const { observer, port } = await listening();
    observer.feed = [{ type: "created", path: "/x\n\nevent: bye\ndata: {}\n\n", zxid: 1, n: 1, atMs: 0 }];
    const page = await open(port);
    observer.renew();
    await eventually(() => page.text.includes("event: feed"));
    expect(page.text.match(/^event: .*$/gm)).toEqual(["event: cluster", "event: feed"]);
  });

  it("looks only while somebody does", async () => {
    const { observer, port } = await listening();
    const pages = [await open(port), await open(port)];
    expect(observer.watching.size).toBe(1);
    for (const page of pages) page.close();
    await eventually(() => observer.watching.size === 0);
    await open(port);
    expect(observer.watching.size).toBe(1);
  });

  it("has no room for one page too many, says so, and has it again when one is closed", async () => {
    const { port } = await listening({ livePagesMax: limits.livePagesMax });
    const pages = await Promise.all(Array.from({ length: limits.livePagesMax }, () => open(port)));
    expect(pages.every(({ status }) => status === 200)).toBe(true);
    const late = await open(port);
    expect([late.status, late.headers["retry-after"]]).toEqual([503, "10"]);
    await eventually(() => late.ended);
    const { error } = JSON.parse(late.text) as { error: { code: string; message: string; hint: string } };
    expect(error).toMatchObject({
      code: "TOO_MANY_PAGES",
      message: expect.stringContaining(`${limits.livePagesMax} pages`),
    });
    pages[0]?.close();
    await expect.poll(async () => (await open(port)).status, { timeout: 60_000 }).toBe(200);
  });

  it("does not collect what a page does not read", async () => {
    const { observer, port } = await listening();
    const socket = connect({ host: "127.0.0.1", port });
    cleanups.push(() => socket.destroy());
    socket.on("error", () => {});
    socket.pause();
    socket.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await eventually(() => observer.watching.size === 1);
    const reads = await open(port);
    const large = "x".repeat(64 * 1024);
    for (let i = 0; i < 400; i++) {
      observer.renew(large);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => count(reads.text, "event: cluster") === 400);
    let received = 0;
    let tail = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
      tail = (tail + chunk.toString("latin1")).slice(-2_000);
    });
    socket.resume();
    // What it reads now lay in the buffers of the system and in the little that the server keeps; then it goes on.
    await eventually(() => {
      observer.renew("the end");
      return tail.includes("the end");
    });
    expect(received).toBeGreaterThan(large.length);
    expect(received).toBeLessThan(300 * large.length);
  });

  it("says goodbye when the server stops", async () => {
    const { http, port } = await listening();
    const page = await open(port);
    await http.close();
    await eventually(() => page.ended);
    expect(page.text).toContain("event: bye\n");
  });
});
