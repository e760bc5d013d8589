import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DiskGauge, directorySize, diskLow } from "../../src/server/disk-gauge.ts";
import { MemoryLog } from "./rpc-harness.ts";

const mebibyte = 2 ** 20;

describe("whether a disk is almost full", () => {
  it("depends on what is free, with a tenth more to end it", () => {
    const limits = { freeMinBytes: 100 * mebibyte, quotaBytes: 0 };
    const free = (mebibytes: number, wasLow: boolean) =>
      diskLow({ freeBytes: mebibytes * mebibyte, usedBytes: 0 }, limits, wasLow);
    expect(free(100, false)).toBeUndefined();
    expect(free(99, false)).toBe("99.0 MiB are free, and 100.0 MiB are to be");
    expect(free(109, true)).toBe("109.0 MiB are free, and 110.0 MiB are to be");
    expect(free(110.1, true)).toBeUndefined();
  });

  it("depends on the quota, with a tenth less to end it", () => {
    const limits = { freeMinBytes: 0, quotaBytes: 100 * mebibyte };
    const used = (mebibytes: number, wasLow: boolean) =>
      diskLow({ freeBytes: 0, usedBytes: mebibytes * mebibyte }, limits, wasLow);
    expect(used(100, false)).toBeUndefined();
    expect(used(101, false)).toBe("its data take 101.0 MiB, and its quota is 100.0 MiB");
    expect(used(91, true)).toBe("its data take 91.0 MiB, and are to go below 90.0 MiB of its quota is 100.0 MiB");
    expect(used(89, true)).toBeUndefined();
  });

  it("is looked at again and again, and told as long as it lasts", async () => {
    const directory = mkdtempSync(join(tmpdir(), "terrarium-gauge-"));
    const told: (string | undefined)[] = [];
    const log = new MemoryLog();
    let heard: () => void = () => {};
    const next = () =>
      new Promise<void>((resolve) => {
        heard = resolve;
      });
    const gauge = new DiskGauge({
      directory,
      limits: { freeMinBytes: 0, quotaBytes: 1_000 },
      measured: (low) => {
        told.push(low);
        heard();
      },
      log,
    });
    try {
      writeFileSync(join(directory, "a"), new Uint8Array(2_000));
      expect(await directorySize(directory)).toBe(2_000);
      await gauge.start();
      await next();
      expect(told.map((low) => low !== undefined)).toEqual([true, true]);
      writeFileSync(join(directory, "a"), new Uint8Array(10));
      while (told.at(-1) !== undefined) await next();
    } finally {
      await gauge.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
