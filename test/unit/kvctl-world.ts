/** A cluster in memory and a process around kvctl, for its tests. */
import { Readable } from "node:stream";
import { openAcl } from "../../src/base/acl.ts";
import { TerrariumError } from "../../src/base/errors.ts";
import type { MultiPart, PartResult } from "../../src/base/operations.ts";
import type { Keeping } from "../../src/base/znode-kinds.ts";
import type {
  AclItem,
  AdminRequest,
  Auth,
  BackupFile,
  RequestOptions,
  ServerSession,
  ServerSessions,
  ServerStatus,
  SessionState,
  Stat,
  WatchEvent,
  WatchEventType,
} from "../../src/client/index.ts";
import {
  addWatchRequest,
  countRequest,
  ephemeralsRequest,
  pageRequest,
  readRequest,
  requestOptions,
  syncRequest,
} from "../../src/client/requests.ts";
import { type SendMulti, Transaction } from "../../src/client/transaction.ts";
import { checkedCreate, checkedWrites } from "../../src/client/tree-writer.ts";
import { type CliWorld, runCli } from "../../src/kvctl/cli.ts";
import { usage } from "../../src/kvctl/failures.ts";
import type { BackupFiles, Cluster, KvSession } from "../../src/kvctl/ports.ts";
import { runShell } from "../../src/kvctl/terminal.ts";
import { Interruption } from "../../src/kvctl/waiting.ts";

interface Node {
  data: Uint8Array;
  stat: Stat;
  created: number;
}

type Kind = "data" | "exist" | "children" | "recursive";
type Operation =
  | "create"
  | "get"
  | "set"
  | "setAcl"
  | "getAcl"
  | "delete"
  | "exists"
  | "children"
  | "sync"
  | "open"
  | "administer"
  | "sessions"
  | "transaction"
  | "watch";

/**
 * One tree, whose every session is the same to it. Semantics as far as the commands can tell. What the client refuses
 * before it sends anything is refused here too, by the same checks.
 */
export class FakeCluster implements Cluster {
  readonly endpoints = ["a:1", "b:2", "c:3"];
  readonly statuses = new Map<string, ServerStatus>();
  readonly nodes = new Map<string, Node>([["/", { data: new Uint8Array(), stat: freshStat(0, 0, 0), created: 0 }]]);
  /** Called before each operation; may throw, or change the tree behind the session's back. */
  before: (operation: Operation, path: string) => void = () => undefined;
  /** Pages of children that were asked for: the path and the name that they begin behind. */
  readonly pages: string[] = [];
  sessionsOpened = 0;
  closed: number[] = [];
  zxid = 0;
  #watches: { kind: Kind; path: string; fire: (event: WatchEvent) => void }[] = [];
  #listeners = new Set<(state: SessionState) => void>();

  async open(_timeoutMs = 0, _signal?: AbortSignal, auth: readonly Auth[] = []): Promise<KvSession> {
    this.before("open", "");
    this.shown.push(...auth);
    return this.#session(++this.sessionsOpened);
  }

  /** By path. Everybody may do everything: what lists say is shown, and not kept to. */
  readonly acls = new Map<string, readonly AclItem[]>();
  /** Credentials, as they came. */
  readonly shown: Auth[] = [];

  setAcl(path: string, acl: readonly AclItem[], version: number): Stat {
    const node = this.#node(path);
    checkVersion({ ...node, stat: { ...node.stat, version: node.stat.aversion } }, version);
    this.acls.set(path, acl);
    node.stat = { ...node.stat, aversion: node.stat.aversion + 1 };
    return node.stat;
  }

  /** Backups by file name; a save makes one unless there is one. */
  readonly saved = new Map<string, BackupFile>();
  readonly backups: BackupFiles = {
    save: async (endpoint, file) => {
      if (this.saved.has(file)) throw new TerrariumError("BACKUP_UNUSABLE", `${file} exists already`);
      const status = await this.status(endpoint);
      const backup = {
        clusterId: status.clusterId,
        serverId: status.id,
        takenMs: 0,
        index: status.appliedIndex,
        term: status.term,
        timeMs: 0,
        znodes: status.znodes,
        sessions: status.sessions,
        segments: 1,
        bytes: 1234,
      };
      this.saved.set(file, backup);
      return backup;
    },
    inspect: async (file) => {
      const backup = this.saved.get(file);
      if (backup === undefined) throw new TerrariumError("BACKUP_UNUSABLE", `${file} is no backup of Terrarium`);
      return backup;
    },
  };

  async status(endpoint: string): Promise<ServerStatus> {
    const status = this.statuses.get(endpoint);
    if (status === undefined) throw new TerrariumError("NO_SERVER", `no answer from ${endpoint}`);
    return status;
  }

  /** All that live; told a page of two at a time. */
  live: ServerSession[] = [];
  /** What was asked for: the endpoint and the session that the page begins behind. */
  readonly sessionPages: string[] = [];

  async sessions(endpoint: string, after: number): Promise<ServerSessions> {
    this.before("sessions", "");
    this.sessionPages.push(`${endpoint} ${after}`);
    const behind = this.live.filter(({ id }) => id > after);
    return { zxid: 1, sessions: behind.slice(0, 2), more: behind.length > 2, total: this.live.length };
  }

  readonly requests: AdminRequest[] = [];

  async administer(request: AdminRequest): Promise<void> {
    this.before("administer", "");
    this.requests.push(request);
  }

  /** Tells every session's listeners; an end of the session also drops its watches. */
  state(state: SessionState): void {
    if (state === "expired") this.#watches = [];
    for (const listener of [...this.#listeners]) listener(state);
  }

  armed(): number {
    return this.#watches.length;
  }

  create(path: string, data: Uint8Array, owner: number, sequential: boolean, keeping: Keeping = {}): string {
    const parent = this.#node(path.slice(0, Math.max(1, path.lastIndexOf("/"))));
    const full = sequential ? `${path}${String(parent.created).padStart(10, "0")}` : path;
    if (this.nodes.has(full)) throw new TerrariumError("NODE_EXISTS", `${full} exists already`);
    const zxid = ++this.zxid;
    parent.created++;
    const { numChildren, cversion } = parent.stat;
    parent.stat = { ...parent.stat, pzxid: zxid, numChildren: numChildren + 1, cversion: cversion + 1 };
    this.nodes.set(full, { data, stat: { ...freshStat(zxid, owner, data.length), ...keeping }, created: 0 });
    this.#fire("created", full, ["exist"]);
    this.#fire("childrenChanged", full.slice(0, Math.max(1, full.lastIndexOf("/"))), ["children"]);
    return full;
  }

  set(path: string, data: Uint8Array, version: number): Stat {
    const node = this.#node(path);
    checkVersion(node, version);
    const stat = { ...node.stat, mzxid: ++this.zxid, version: node.stat.version + 1, dataLength: data.length };
    this.nodes.set(path, { ...node, data, stat });
    this.#fire("dataChanged", path, ["data", "exist"]);
    return stat;
  }

  delete(path: string, version: number): void {
    checkVersion(this.#node(path), version);
    if (this.names(path).length > 0) throw new TerrariumError("NOT_EMPTY", `${path} has children`);
    const parentPath = path.slice(0, Math.max(1, path.lastIndexOf("/")));
    const parent = this.#node(parentPath);
    const zxid = ++this.zxid;
    this.nodes.delete(path);
    const { numChildren, cversion } = parent.stat;
    parent.stat = { ...parent.stat, pzxid: zxid, numChildren: numChildren - 1, cversion: cversion + 1 };
    this.#fire("deleted", path, ["data", "exist", "children"]);
    this.#fire("childrenChanged", parentPath, ["children"]);
  }

  names(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    const below = [...this.nodes.keys()].filter((p) => p !== "/" && p.startsWith(prefix));
    return below
      .map((p) => p.slice(prefix.length))
      .filter((name) => !name.includes("/"))
      .sort();
  }

  #node(path: string): Node {
    const node = this.nodes.get(path);
    if (node === undefined) throw new TerrariumError("NO_NODE", `the znode ${path} does not exist`);
    return node;
  }

  #arm(kind: Kind, path: string, watch: ((event: WatchEvent) => void) | undefined): void {
    if (watch !== undefined) this.#watches.push({ kind, path, fire: watch });
  }

  #fire(type: WatchEventType, path: string, kinds: readonly Kind[]): void {
    const zxid = this.zxid;
    const fired = this.#watches.filter((watch) => watch.path === path && kinds.includes(watch.kind));
    this.#watches = this.#watches.filter((watch) => !fired.includes(watch));
    for (const { kind, fire } of fired) fire({ type, path, zxid, kind });
    for (const { kind, path: above, fire } of this.#watches)
      if (
        kind === "recursive" &&
        type !== "childrenChanged" &&
        `${path}/`.startsWith(above === "/" ? "/" : `${above}/`)
      )
        fire({ type, path, zxid, kind });
  }

  /** The same as one by one, and undone where a part is refused. */
  #multi(id: number): SendMulti {
    return async (parts, _options, convert) => {
      this.before("transaction", "");
      const nodes = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
      const { zxid } = this;
      const results: PartResult[] = [];
      for (const [i, part] of parts.entries()) {
        try {
          results.push(this.#part(id, part));
        } catch (error) {
          if (!(error instanceof TerrariumError)) throw error;
          this.nodes.clear();
          for (const [path, node] of nodes) this.nodes.set(path, node);
          this.zxid = zxid;
          return convert({ failure: { code: error.code, message: error.message, failedPart: i } }, zxid);
        }
      }
      return convert({ results }, this.zxid);
    };
  }

  #part(id: number, part: MultiPart): PartResult {
    switch (part.op) {
      case "create": {
        const path = this.create(part.path, part.data, part.ephemeral ? id : 0, part.sequential);
        return { path, stat: this.#node(path).stat };
      }
      case "createContainer": {
        const path = this.create(part.path, part.data, 0, false, { container: true });
        return { path, stat: this.#node(path).stat };
      }
      case "createWithAcl": {
        const made = this.#part(id, part.create);
        this.acls.set(made.path ?? "", part.acl);
        return made;
      }
      case "setAcl":
        return { stat: this.setAcl(part.path, part.acl, part.version) };
      case "createTtl": {
        const path = this.create(part.path, part.data, 0, part.sequential, { ttlMs: part.ttlMs });
        return { path, stat: this.#node(path).stat };
      }
      case "setData":
        return { stat: this.set(part.path, part.data, part.version) };
      case "delete":
        this.delete(part.path, part.version);
        return {};
      case "check":
        checkVersion(this.#node(part.path), part.version);
        return {};
      case "unsupported":
        throw new TerrariumError("UNIMPLEMENTED");
    }
  }

  #session(id: number): KvSession {
    const call = async <T>(
      operation: Operation,
      path: string,
      options: RequestOptions,
      check: () => unknown,
      body: () => T,
    ): Promise<T> => {
      await undefined;
      requestOptions(options, 10_000);
      check();
      this.before(operation, path);
      return body();
    };
    return {
      sessionId: id,
      create: (path, data, options = {}) =>
        call(
          "create",
          path,
          options,
          () => checkedCreate(path, data ?? "", options),
          () => {
            const bytes = data instanceof Uint8Array ? data : new TextEncoder().encode(data ?? "");
            const { ephemeral, sequential = false, container, ttlMs } = options;
            const keeping = { ...(container ? { container } : {}), ...(ttlMs === undefined ? {} : { ttlMs }) };
            const full = this.create(path, bytes, ephemeral === true ? id : 0, sequential, keeping);
            if (options.acl !== undefined) this.acls.set(full, options.acl);
            return { path: full, stat: this.#node(full).stat, zxid: this.zxid };
          },
        ),
      setAcl: (path, acl, options = {}) =>
        call(
          "setAcl",
          path,
          options,
          () => checkedWrites.setAcl(path, acl, options),
          () => this.setAcl(path, acl, options.version ?? -1),
        ),
      getAcl: (path, options = {}) =>
        call(
          "getAcl",
          path,
          options,
          () => undefined,
          () => ({ acl: this.acls.get(path) ?? openAcl, stat: this.#node(path).stat, zxid: this.zxid }),
        ),
      addAuth: async (scheme, auth) => {
        this.shown.push({ scheme, auth });
      },
      get: (path, options = {}) =>
        call(
          "get",
          path,
          options,
          () => readRequest("getData", path, options),
          () => {
            const { data, stat } = this.#node(path);
            this.#arm("data", path, options.watch);
            return { data, stat, zxid: this.zxid };
          },
        ),
      set: (path, data, options = {}) =>
        call(
          "set",
          path,
          options,
          () => checkedWrites.setData(path, data, options),
          () => {
            const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
            return this.set(path, bytes, options.version ?? -1);
          },
        ),
      delete: (path, options = {}) =>
        call(
          "delete",
          path,
          options,
          () => checkedWrites.delete(path, options),
          () => this.delete(path, options.version ?? -1),
        ),
      transaction: () => new Transaction(this.#multi(id)),
      exists: (path, options = {}) =>
        call(
          "exists",
          path,
          options,
          () => readRequest("exists", path, options),
          () => {
            this.#arm("exist", path, options.watch);
            return this.nodes.get(path)?.stat;
          },
        ),
      childPages: (path, options = {}) => {
        const { limit = 10_000, after = "", watch } = options;
        const page = (from: string, armed: typeof watch) =>
          call(
            "children",
            path,
            options,
            () => pageRequest(path, options, from),
            () => {
              const { stat } = this.#node(path);
              this.#arm("children", path, armed);
              const names = this.names(path).filter((name) => name > from);
              this.pages.push(`${path} ${from}`.trimEnd());
              return { children: names.slice(0, limit), more: names.length > limit, stat, zxid: this.zxid };
            },
          );
        return (async function* () {
          let next = await page(after, watch);
          yield next;
          for (; next.more; yield next) next = await page(next.children.at(-1) ?? "", undefined);
        })();
      },
      addWatch: (path, listener, options = {}) => {
        const armed = { kind: "recursive" as const, path, fire: listener };
        options.signal?.addEventListener("abort", () => {
          this.#watches = this.#watches.filter((watch) => watch !== armed);
        });
        return call(
          "watch",
          path,
          { timeoutMs: options.timeoutMs },
          () => addWatchRequest(path, listener, options),
          () => {
            this.#watches.push(armed);
            return this.zxid;
          },
        );
      },
      countBelow: (path, options = {}) =>
        call(
          "children",
          path,
          options,
          () => countRequest(path, options),
          () => {
            this.#node(path);
            const prefix = path === "/" ? "/" : `${path}/`;
            const below = [...this.nodes.keys()].filter((one) => one !== "/" && one.startsWith(prefix));
            return { count: below.length, zxid: this.zxid };
          },
        ),
      ephemerals: (options = {}) =>
        call(
          "children",
          "/",
          options,
          () => ephemeralsRequest(options),
          () => {
            const own = [...this.nodes].filter(([, { stat }]) => stat.ephemeralOwner === id).map(([path]) => path);
            return { paths: own.filter((path) => path.startsWith(options.prefix ?? "/")).sort(), zxid: this.zxid };
          },
        ),
      sync: (options = {}) =>
        call(
          "sync",
          "/",
          options,
          () => syncRequest(options),
          () => this.zxid,
        ),
      on: (_event, listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      close: async () => {
        this.closed.push(id);
      },
    };
  }
}

function checkVersion(node: Node, version: number): void {
  if (version !== -1 && version !== node.stat.version) {
    throw new TerrariumError("BAD_VERSION", `the version is ${node.stat.version}, not ${version}`);
  }
}

function freshStat(zxid: number, owner: number, dataLength: number): Stat {
  return {
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: 1_700_000_000_000,
    mtime: 1_700_000_000_000,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: owner,
    dataLength,
    numChildren: 0,
  };
}

/** What a run of kvctl left behind. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly bytes: Uint8Array;
  readonly stderr: string;
}

/** A run that goes on until it is told otherwise. */
export interface Running {
  readonly done: Promise<Run>;
  stdout(): string;
  stderr(): string;
  interrupt(exitCode?: number): void;
}

export interface Surroundings {
  readonly cluster?: FakeCluster;
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  readonly onConnect?: (endpoints: readonly string[]) => void;
}

/** Starts kvctl with these words. */
export function start(words: readonly string[], around: Surroundings = {}): Running {
  const out: Buffer[] = [];
  const err: string[] = [];
  const controller = new AbortController();
  const cluster = around.cluster ?? new FakeCluster();
  const stdin = around.stdin ?? "";
  const world: CliWorld = {
    env: around.env ?? {},
    root: undefined,
    version: "1.2.3",
    self: ["node", "kvctl.js"],
    inputs: {
      async readFile(path) {
        const bytes = around.files?.[path];
        if (bytes === undefined) throw usage(`cannot read '${path}': no such file`);
        return bytes;
      },
      readStdin: async () => Buffer.from(stdin),
      async *stream(path) {
        yield path === "-" ? Buffer.from(stdin) : await this.readFile(path, Number.POSITIVE_INFINITY);
      },
    },
    output: {
      terminal: around.terminal ?? false,
      write: (chunk) => void out.push(Buffer.from(chunk)),
      note: (text) => void err.push(`${text}\n`),
    },
    interrupt: controller.signal,
    connectTo: (endpoints) => {
      around.onConnect?.(endpoints);
      return cluster;
    },
    shell: (shellStart) =>
      runShell(shellStart, { stdin: Readable.from([stdin]), stdout: process.stdout }, {}, controller.signal),
  };
  const stdout = (): string => Buffer.concat(out).toString();
  const finish = async (): Promise<Run> => {
    const exitCode = await runCli(words, world);
    return { exitCode, stdout: stdout(), bytes: Buffer.concat(out), stderr: err.join("") };
  };
  return {
    done: finish(),
    stdout,
    stderr: () => err.join(""),
    interrupt: (exitCode = 130) => controller.abort(new Interruption(exitCode)),
  };
}

/** Runs kvctl with these words to its end. */
export function kvctl(words: readonly string[], around: Surroundings = {}): Promise<Run> {
  return start(words, around).done;
}

/** Resolves once `condition` holds; gives up after two seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 2_000) throw new Error(`still waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
