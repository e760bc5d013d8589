import { describe, expect, it } from "vitest";
import type { Disk } from "../../src/node/ports.ts";
import { roleLogger } from "../../src/server/log.ts";
import { timedDisk } from "../../src/server/timed-disk.ts";

describe("the log of roles", () => {
  it("has a line for each change, and none without one", () => {
    const lines: string[] = [];
    const observe = roleLogger({ info: (_fields: object, message?: string) => lines.push(message ?? "") });
    observe({ role: "follower", leader: undefined, currentTerm: 1 });
    observe({ role: "follower", leader: undefined, currentTerm: 1 });
    observe({ role: "candidate", leader: undefined, currentTerm: 2 });
    observe({ role: "leader", leader: 1, currentTerm: 2 });
    observe({ role: "leader", leader: 1, currentTerm: 2 });
    observe({ role: "follower", leader: 3, currentTerm: 4 });
    observe({ role: "follower", leader: 3, currentTerm: 5 });
    expect(lines).toEqual([
      "now follower in term 1",
      "now candidate in term 2",
      "now leader in term 2",
      "server 1 leads in term 2",
      "now follower in term 4",
      "server 3 leads in term 4",
      "server 3 leads in term 5",
    ]);
  });
});

describe("the disk with a stopwatch", () => {
  it("reports durable writes only, and passes results on", () => {
    let now = 10;
    const pending: ((error: Error | undefined) => void)[] = [];
    const disk: Disk = {
      write: (_batch, done) => pending.push(done),
      scan: (_range, _visit, done) => done(undefined),
      view: () => ({ read: (_range, _bytesMax, done) => done(undefined, []), close: () => {} }),
    };
    const observed: [number, number][] = [];
    const timed = timedDisk(disk, { now: () => now, wallClock: () => 0 }, (ms, bytes) => observed.push([ms, bytes]));
    const results: (Error | undefined)[] = [];
    const batch = [
      { type: "put", key: new Uint8Array(2), value: new Uint8Array(30) },
      { type: "delete", key: new Uint8Array(5) },
    ] as const;
    timed.write(batch, (error) => results.push(error));
    timed.write(batch, (error) => results.push(error));
    now = 14;
    const failure = new Error("full");
    pending[0]?.(undefined);
    pending[1]?.(failure);
    expect(results).toEqual([undefined, failure]);
    expect(observed).toEqual([[4, 37]]);
  });
});
