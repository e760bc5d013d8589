/**
 * `GET /events`: server-sent events for the pages that are open. All get the same bytes, made once; one that does not read
 * misses views instead of filling the server's memory.
 */
import type { FastifyReply } from "fastify";
import { limits } from "../base/limits.ts";
import { errorBody } from "./faults.ts";
import type { ClusterView, FeedEvent, LiveEvents } from "./observed.ts";
import { safeHeaders } from "./safe-headers.ts";

/** Who looks at the cluster. */
export interface ViewSource {
  readonly view: ClusterView | undefined;
  feedBehind(n: number): readonly FeedEvent[];
  /** Calls `renewed` after each new view, until the function that is returned is called. */
  watch(renewed: () => void): () => void;
}

type Stream = FastifyReply["raw"];

/** One open page. */
interface Page {
  readonly stream: Stream;
  /** The newest event of the feed that it was sent. */
  told: number;
}

export class LivePages {
  readonly #source: ViewSource;
  readonly #max: number;
  readonly #pages = new Set<Page>();
  #unwatch: (() => void) | undefined;

  /** At most `max` pages at a time. */
  constructor(source: ViewSource, max: number) {
    this.#source = source;
    this.#max = max;
  }

  /** Pages that are open. */
  get size(): number {
    return this.#pages.size;
  }

  /** Keeps a page up to date until its connection ends, or says why not. */
  open(reply: FastifyReply): FastifyReply {
    if (this.#pages.size >= this.#max) {
      const message = `this server keeps ${this.#max} pages up to date already, and has no room for another one`;
      return reply
        .status(503)
        .header("retry-after", "10")
        .send(errorBody("TOO_MANY_PAGES", message, "close one of them, or open the page at another server"));
    }
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      ...safeHeaders,
      "content-type": "text/event-stream; charset=utf-8",
      // For proxies that would collect what comes, or squeeze it.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    const page: Page = { stream, told: 0 };
    this.#pages.add(page);
    stream.once("close", () => this.#closed(page));
    stream.on("error", () => {});
    stream.flushHeaders();
    this.#unwatch ??= this.#source.watch(() => this.#renewed());
    // There is a view already if others look.
    if (this.#source.view !== undefined) this.#renewed(page);
    return reply;
  }

  /** Ends all: the server stops. */
  end(): void {
    for (const { stream } of this.#pages) stream.end(eventOf("bye", {}));
  }

  #closed(page: Page): void {
    this.#pages.delete(page);
    if (this.#pages.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #renewed(only?: Page): void {
    const { view } = this.#source;
    if (view === undefined) return;
    const shown = eventOf("cluster", view);
    // Most pages have been told the same.
    const feeds = new Map<number, { readonly text: string; readonly last: number }>();
    for (const page of only === undefined ? this.#pages : [only]) {
      const { stream, told } = page;
      let feed = feeds.get(told);
      if (feed === undefined) {
        const events = this.#source.feedBehind(told);
        feed = { text: events.length === 0 ? "" : eventOf("feed", events), last: events.at(-1)?.n ?? told };
        feeds.set(told, feed);
      }
      const text = shown + feed.text;
      const { writableLength } = stream;
      if (writableLength > 0 && writableLength + text.length > limits.livePageBytesMax) continue;
      page.told = feed.last;
      stream.write(text);
    }
  }
}

function eventOf<Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
