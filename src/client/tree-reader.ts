/** What a client can read of the tree: a method for each kind of read. */
import { emptyBytes } from "../base/bytes.ts";
import type { Stat, Success, Zxid } from "../base/operations.ts";
import { allPages, pagesOf } from "./child-pages.ts";
import { type MultiReadOptions, multiReadRequest, type PartAnswers, partAnswers, type ReadPart } from "./multi-read.ts";
import type {
  ChildPage,
  ChildPagesOptions,
  CountOptions,
  EphemeralsOptions,
  NodeChildren,
  NodeCount,
  NodeData,
  OwnEphemerals,
  ReadOptions,
  RequestOptions,
} from "./options.ts";
import { field, type RequestSender, succeeded } from "./request-sender.ts";
import { countRequest, ephemeralsRequest, readRequest, syncRequest } from "./requests.ts";

/** The part of a client that reads the tree. */
export class TreeReader {
  readonly #sender: RequestSender;

  /** `sender`: of the client's session. */
  constructor(sender: RequestSender) {
    this.#sender = sender;
  }

  /**
   * Reads a znode's data. Rejects with NO_NODE.
   *
   * ```ts
   * const { data, stat } = await client.get("/greeting", { watch: (event) => console.log(event.type) });
   * console.log(new TextDecoder().decode(data), stat.version);
   * ```
   */
  get(path: string, options: ReadOptions = {}): Promise<NodeData> {
    return this.#sender.send(() => readRequest("getData", path, options), options, nodeData);
  }

  /**
   * The znode's stat, or undefined if it does not exist. A watch is armed in both cases.
   *
   * ```ts
   * if ((await client.exists("/lock")) === undefined) await client.create("/lock");
   * ```
   */
  exists(path: string, options: ReadOptions = {}): Promise<Stat | undefined> {
    return this.#sender.ask(
      () => readRequest("exists", path, options),
      options,
      (result) => {
        if (result.failure?.code === "NO_NODE") return undefined;
        return succeeded(result).stat;
      },
    );
  }

  /**
   * The names of a znode's children. Rejects with NO_NODE.
   *
   * They are those of one state, that at `zxid`, if they fit in one answer, which has room for some 240,000 names of
   * twelve letters. More are put together from pages, `timeoutMs` for each: {@link childPages} tells what such a list
   * shows. Its `stat` and `zxid` are those of the first page: all that happened up to there shows in it, and a watch tells
   * of the first change behind it.
   *
   * ```ts
   * for (const name of (await client.children("/queue")).children) console.log(name);
   * ```
   */
  children(path: string, options: ReadOptions = {}): Promise<NodeChildren> {
    return this.#sender.ask(
      () => readRequest("getChildren", path, options),
      options,
      (result, zxid) => {
        if (result.failure?.code === "REPLY_TOO_LARGE") return allPages(this.#sender.page(path), options);
        const { children = [], stat } = succeeded(result);
        return { children, stat: field(stat, "stat"), zxid };
      },
    );
  }

  /**
   * The names of a znode's children, page by page, however many they are: each page is asked for when the loop comes to
   * it. The iteration throws NO_NODE, also when the znode goes between two pages.
   *
   * Each page is of one state, that at its `zxid`, which never goes back; pages may be of different ones. A child that is
   * there all the time is in exactly one page, no name is in two, and one that comes or goes meanwhile may show or not.
   * Where all pages have the same `stat.czxid` and `stat.pzxid`, together they are one state. A `watch` is armed with
   * the first page: its event comes before any page that shows a change behind the first.
   *
   * ```ts
   * for await (const { children } of client.childPages("/jobs", { limit: 1_000 })) console.log(children.join("\n"));
   * ```
   */
  childPages(path: string, options: ChildPagesOptions = {}): AsyncIterableIterator<ChildPage> {
    return pagesOf(this.#sender.page(path), options);
  }

  /**
   * How many znodes there are below one, however deep. Rejects with NO_NODE.
   *
   * ```ts
   * const { count } = await client.countBelow("/jobs");
   * ```
   */
  countBelow(path: string, options: CountOptions = {}): Promise<NodeCount> {
    return this.#sender.send(
      () => countRequest(path, options),
      options,
      ({ count }, zxid) => ({ count: field(count, "count"), zxid }),
    );
  }

  /**
   * The paths of the ephemerals that this session owns, sorted: those that begin with `prefix`. Rejects with
   * REPLY_TOO_LARGE if they fill more than a frame.
   *
   * ```ts
   * for (const path of (await client.ephemerals({ prefix: "/workers/" })).paths) console.log(path);
   * ```
   */
  ephemerals(options: EphemeralsOptions = {}): Promise<OwnEphemerals> {
    return this.#sender.send(
      () => ephemeralsRequest(options),
      options,
      ({ children }, zxid) => ({ paths: field(children, "children"), zxid }),
    );
  }

  /**
   * Reads several znodes together: all of one state, that at `zxid`, each with its own answer or error. At most 1,000:
   * MULTI_TOO_LARGE; rejects with REPLY_TOO_LARGE if the answers together fill more than a frame.
   *
   * ```ts
   * const [config, workers] = await client.multiRead([
   *   { kind: "getData", path: "/config" },
   *   { kind: "getChildren", path: "/workers" },
   * ]);
   * if (!(workers instanceof TerrariumError)) console.log(workers.children);
   * ```
   */
  multiRead<const P extends readonly ReadPart[]>(parts: P, options: MultiReadOptions = {}): Promise<PartAnswers<P>> {
    return this.#sender.ask(
      () => multiReadRequest(parts, options),
      options,
      (result, zxid) => partAnswers(parts, result, zxid),
    );
  }

  /**
   * Waits until the attached server has applied all that was committed in the cluster when it was asked: a quorum
   * round. Later local reads show at least that. Returns the newest zxid applied.
   *
   * ```ts
   * await client.sync();
   * await client.get("/config", { local: true });
   * ```
   */
  sync(options: RequestOptions = {}): Promise<Zxid> {
    return this.#sender.send(
      () => syncRequest(options),
      options,
      (_success, zxid) => zxid,
    );
  }
}

function nodeData({ data = emptyBytes, stat }: Success, zxid: Zxid): NodeData {
  return { data, stat: field(stat, "stat"), zxid };
}
