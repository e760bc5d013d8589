import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CollectingLog } from "../../src/doors/door-log.ts";

let lines: [string, object][] = [];
const inner = {
  debug: (fields: object, message: string) => void lines.push([`debug ${message}`, fields]),
  info: (fields: object, message: string) => void lines.push([`info ${message}`, fields]),
  warn: (fields: object, message: string) => void lines.push([`warn ${message}`, fields]),
  error: (fields: object, message: string) => void lines.push([`error ${message}`, fields]),
};

beforeEach(() => {
  lines = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("a log that collects", () => {
  it("writes a day of one dialler's refusals in some lines a minute, and loses no count", () => {
    const log = new CollectingLog(inner);
    const attempts = 86_400;
    for (let i = 0; i < attempts; i++) {
      // Each comes from another port, as connections do.
      log.warn({ address: `10.0.0.9:${1024 + (i % 60_000)}`, reason: `cluster c${i}` }, "refused a peer stream");
      vi.advanceTimersByTime(1000);
    }
    log.end();
    expect(lines.length).toBeLessThanOrEqual(5 + 24 * 60 + 1);
    const told = lines.reduce((sum, [, fields]) => sum + ("repeated" in fields ? Number(fields.repeated) : 1), 0);
    expect(told).toBe(attempts);
    expect(lines.at(-1)).toEqual([
      expect.stringMatching(/^warn refused a peer stream \(repeated \d+ times\)$/),
      expect.objectContaining({ reason: `cluster c${attempts - 1}` }),
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells peers, hosts, messages and levels apart, and begins anew after a quiet time", () => {
    const log = new CollectingLog(inner);
    const say = () => {
      for (let i = 0; i < 10; i++) {
        log.warn({ peer: 1 }, "a");
        log.warn({ peer: 2 }, "a");
        log.error({ peer: 1 }, "a");
        log.warn({ address: "[::1]:5" }, "a");
        log.info({}, "b");
      }
    };
    say();
    expect(lines.length).toBe(25);
    vi.advanceTimersByTime(60_000);
    expect(lines.length).toBe(30);
    vi.advanceTimersByTime(120_000);
    expect(vi.getTimerCount()).toBe(0);
    say();
    expect(lines.length).toBe(55);
  });

  it("is bounded however many they are who complain, and passes on what is asked for", () => {
    const log = new CollectingLog(inner);
    for (let i = 0; i < 100_000; i++) log.warn({ address: `h${i}:1` }, "refused");
    expect(lines.length).toBeLessThanOrEqual(110);
    for (let i = 0; i < 100; i++) log.debug({}, "step");
    expect(lines.filter(([line]) => line === "debug step").length).toBe(100);
    log.end();
    const told = lines.reduce((sum, [, fields]) => sum + ("repeated" in fields ? Number(fields.repeated) : 1), 0);
    expect(told).toBe(100_100);
  });
});
