/** Whether the endpoints that a client is given are of one cluster, and of one life of it. */
import { TerrariumError } from "../base/errors.ts";
import { type ServerStatus, serverStatus } from "./server-status.ts";

/** How long a new session waits for the word of the other endpoints, ms: one that hangs is not worth more. */
const glanceMs = 500;

interface Found {
  readonly endpoint: string;
  readonly status: Pick<ServerStatus, "clusterId" | "instance">;
}

/**
 * Looks at all endpoints while a session is opened. Otherwise the one that answers first would decide silently which of
 * two clusters is meant, today this one and tomorrow that one.
 */
export class Glance {
  readonly #giveUp = new AbortController();
  readonly #found: Found[] = [];
  readonly #asked: Promise<unknown>;

  constructor(endpoints: readonly string[], timeoutMs: number) {
    const ask = async (endpoint: string): Promise<void> => {
      try {
        const status = await serverStatus(endpoint, { timeoutMs, signal: this.#giveUp.signal });
        this.#found.push({ endpoint, status });
      } catch {
        // Who is silent, or no server, contradicts nobody.
      }
    };
    this.#asked = endpoints.length < 2 ? Promise.resolve() : Promise.all(endpoints.map(ask));
  }

  /** WRONG_CLUSTER, naming both, if servers of two clusters have answered. */
  async agree(): Promise<void> {
    const timer = setTimeout(() => this.end(), glanceMs);
    await this.#asked;
    clearTimeout(timer);
    checkAgreement(this.#found);
  }

  /** Nobody is asked any more. */
  end(): void {
    this.#giveUp.abort();
  }
}

/** WRONG_CLUSTER, naming both, if these servers are of two clusters, or of two lives of one. */
export function checkAgreement([first, ...others]: readonly Found[]): void {
  if (first === undefined) return;
  // One that does not take part yet has no instance.
  let known = first;
  for (const other of others) {
    const lives = [known.status.instance ?? 0, other.status.instance ?? 0] as const;
    const sameName = known.status.clusterId === other.status.clusterId;
    if (sameName && (lives[0] === lives[1] || lives.includes(0))) {
      if (lives[0] === 0) known = other;
      continue;
    }
    const which = ({ status }: Found, life: number): string =>
      sameName ? `life ${life} of cluster ${status.clusterId}` : `cluster ${status.clusterId}`;
    throw new TerrariumError(
      "WRONG_CLUSTER",
      `the endpoints are of two clusters: ${known.endpoint} is of ${which(known, lives[0])}, ${other.endpoint} of ${which(other, lives[1])}`,
      "give the endpoints of one cluster only",
    );
  }
}
