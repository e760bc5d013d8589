/** Latencies of many operations in bounded memory, with percentiles. */

/** Buckets grow by 2 %, from 1 µs to about an hour: a percentile is exact to 1 %. */
const growth = 1.02;
const firstMs = 0.001;
const bucketCount = Math.ceil(Math.log(3_600_000 / firstMs) / Math.log(growth));

/** See the file's comment. Times are milliseconds. */
export class Latencies {
  readonly #buckets = new Uint32Array(bucketCount + 1);
  #count = 0;
  #maxMs = 0;

  record(ms: number): void {
    const bucket = ms <= firstMs ? 0 : Math.min(bucketCount, Math.ceil(Math.log(ms / firstMs) / Math.log(growth)));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** The latency that `fraction` of the operations did not exceed; 0 without operations. */
  percentile(fraction: number): number {
    let left = Math.ceil(this.#count * fraction);
    if (left === 0) return 0;
    for (let bucket = 0; bucket <= bucketCount; bucket++) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) return Math.min(this.#maxMs, firstMs * growth ** bucket);
    }
    return this.#maxMs;
  }
}
