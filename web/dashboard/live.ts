/**
 * The stream of `/events`, kept open: when it breaks, or nothing comes for a while, it says so and tries again. While
 * nobody sees the page it is let go, as a browser has few connections to a server.
 */
import type { ClusterView, FeedEvent } from "../../src/http/observed.ts";
import { EventReader } from "./sse.ts";

/** How the page stands with its server. */
export interface Standing {
  /** `refused`: it answers, and does not let this page in. `resting`: nobody sees the page. */
  readonly state: "connecting" | "live" | "lost" | "refused" | "resting";
  /** Since when, by this machine's clock, Unix ms. */
  readonly sinceMs: number;
  /** A sentence; "" where the state says it all. */
  readonly why: string;
}

/** Who is told. */
export interface LiveListener {
  standing(standing: Standing): void;
  view(view: ClusterView): void;
  feed(events: readonly FeedEvent[]): void;
}

/** Silence after which the stream counts as broken, ms: many views would have come. */
const silenceMs = 5_000;
/** From one attempt to the next, ms: more after each, up to the last. */
const retriesMs = [300, 700, 1_500, 2_500] as const;
/** How long a hidden page goes on, ms: whoever looks elsewhere for a moment finds it as it was. */
const hiddenMs = 20_000;

/** Holds the connection to the server's events, and opens it again when it breaks. */
export class LiveCluster {
  readonly #address: string;
  readonly #listener: LiveListener;
  #attempt: AbortController | undefined;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;
  #standing: Standing = { state: "connecting", sinceMs: Date.now(), why: "" };

  /** `address`: of `/events`. Call {@link start}. */
  constructor(address: string, listener: LiveListener) {
    this.#address = address;
    this.#listener = listener;
  }

  start(): void {
    document.addEventListener("visibilitychange", this.#visibility);
    this.#connect();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#visibility);
    clearTimeout(this.#hidden);
    this.#letGo();
  }

  readonly #visibility = (): void => {
    clearTimeout(this.#hidden);
    if (document.visibilityState === "hidden") {
      this.#hidden = setTimeout(() => {
        this.#letGo();
        this.#stand("resting", "");
      }, hiddenMs);
    } else if (this.#attempt === undefined) {
      this.#failures = 0;
      this.#connect();
    }
  };

  #letGo(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.abort();
  }

  #connect(): void {
    this.#letGo();
    const attempt = new AbortController();
    this.#attempt = attempt;
    if (this.#standing.state === "resting") this.#stand("connecting", "");
    this.#listen();
    this.#read(attempt).then(
      (why) => this.#ended(attempt, why, "lost"),
      (error: unknown) => {
        if (error instanceof RefusedError) this.#ended(attempt, error.message, "refused");
        else this.#ended(attempt, "", "lost");
      },
    );
  }

  /** Reads to the end; resolves to why there is one. */
  async #read({ signal }: AbortController): Promise<string> {
    const response = await fetch(this.#address, { signal, cache: "no-store" });
    if (!response.ok) throw new RefusedError(await refusalOf(response));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventReader();
    for (;;) {
      const next = await reader?.read();
      if (next === undefined || next.done) return "";
      for (const { name, data } of events.push(next.value)) {
        if (name === "bye") return "The server was stopped.";
        this.#take(name, data);
      }
    }
  }

  #take(name: string, data: string): void {
    this.#listen();
    this.#failures = 0;
    if (this.#standing.state !== "live") this.#stand("live", "");
    if (name === "cluster") this.#listener.view(JSON.parse(data) as ClusterView);
    else if (name === "feed") this.#listener.feed(JSON.parse(data) as FeedEvent[]);
  }

  /** Waits for the next word anew. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#attempt?.abort(), silenceMs);
  }

  #ended(attempt: AbortController, why: string, state: "lost" | "refused"): void {
    if (this.#attempt !== attempt) return;
    clearTimeout(this.#silence);
    this.#stand(state, why);
    this.#failures += 1;
    const delayMs = retriesMs[Math.min(this.#failures, retriesMs.length) - 1] ?? 1_000;
    this.#retry = setTimeout(() => this.#connect(), state === "refused" ? 10_000 : delayMs);
  }

  #stand(state: Standing["state"], why: string): void {
    const { state: before, sinceMs, why: said } = this.#standing;
    // What was said last is true until there is something new to say.
    const kept = before === state && why === "";
    this.#standing = { state, sinceMs: before === state ? sinceMs : Date.now(), why: kept ? said : why };
    this.#listener.standing(this.#standing);
  }
}

/** The server's own words for why it does not tell. */
class RefusedError extends Error {}

async function refusalOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as {
      readonly error: { readonly message: string; readonly hint: string };
    };
    const sentence = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
    return `${sentence} To do: ${error.hint}.`;
  } catch {
    return `It answers ${response.status} and says nothing more: this may be another server.`;
  }
}
