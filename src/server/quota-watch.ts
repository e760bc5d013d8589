/** What a server says of quotas: soft limits that were passed, to the log; all that came of them, as figures. */
import { isOverSoftLimit } from "../base/quotas.ts";
import type { DoorLog } from "../doors/door-log.ts";
import type { Applied } from "../znode/commands.ts";
import type { QuotaView } from "../znode/quotas.ts";

/** As metrics have them. */
export interface QuotaFigures {
  /** Quotas whose soft limits are passed now. */
  readonly over: number;
  /** Times that a soft limit was passed, and writes that a hard one refused, since the server started. */
  readonly passed: number;
  readonly refused: number;
}

export class QuotaWatch {
  readonly #quotas: () => Iterable<QuotaView>;
  readonly #log: Pick<DoorLog, "warn">;
  #passed = 0;
  #refused = 0;

  /** `quotas`: those of the tree as it is. */
  constructor(quotas: () => Iterable<QuotaView>, log: Pick<DoorLog, "warn">) {
    this.#quotas = quotas;
    this.#log = log;
  }

  /** A command was applied. Every server tells of it, since each may be the one that somebody looks at. */
  applied({ outcome, crossed = [], zxid }: Applied): void {
    this.#passed += crossed.length;
    for (const { path, of, now, limit } of crossed)
      this.#log.warn(
        { path, zxid, [of]: now, limit },
        `the quota of ${path} is passed: ${now} ${wordOf[of]}, not ${limit}`,
      );
    if (outcome.type === "written" && !outcome.duplicate && outcome.result.failure?.code === "QUOTA_EXCEEDED")
      this.#refused += 1;
  }

  get figures(): QuotaFigures {
    let over = 0;
    for (const quota of this.#quotas()) if (isOverSoftLimit(quota)) over += 1;
    return { over, passed: this.#passed, refused: this.#refused };
  }
}

const wordOf = { count: "znodes", bytes: "bytes of data" } as const;
