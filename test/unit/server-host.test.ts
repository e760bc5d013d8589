import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Driven, Host } from "../../src/server/host.ts";

/** A node whose deadlines the test sets; a tick moves the deadline, as a real one's does. */
class FakeNode implements Driven {
  readonly calls: string[] = [];
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  tick(): void {
    this.calls.push(`tick at ${performance.now()}`);
    this.deadlineMs += 100;
    this.host.requestFlush();
  }

  flush(): void {
    this.calls.push("flush");
  }

  nextDeadline(): number {
    return this.deadlineMs;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "clearTimeout", "setImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start(deadlineMs: number): { host: Host; node: FakeNode } {
  const host = new Host({ clock: { now: () => performance.now(), wallClock: () => 0 }, afterTurn: () => {} });
  const node = new FakeNode(host);
  node.deadlineMs = performance.now() + deadlineMs;
  host.start(node);
  vi.advanceTimersByTime(0);
  node.calls.length = 0;
  return { host, node };
}

describe("the host", () => {
  it("flushes once per turn, however often it is asked", () => {
    const { host, node } = start(1000);
    host.requestFlush();
    host.requestFlush();
    vi.advanceTimersByTime(0);
    expect(node.calls).toEqual(["flush"]);
  });

  it("ticks at each deadline and goes on after it", () => {
    const { node } = start(50);
    const from = performance.now();
    vi.advanceTimersByTime(260);
    expect(node.calls.filter((call) => call !== "flush")).toEqual([50, 150, 250].map((at) => `tick at ${from + at}`));
  });

  it("follows a deadline that comes nearer", () => {
    const { host, node } = start(1000);
    const from = performance.now();
    node.deadlineMs = from + 10;
    host.requestFlush();
    vi.advanceTimersByTime(20);
    expect(node.calls).toContain(`tick at ${from + 10}`);
  });

  it("does not tick before a deadline that moved away", () => {
    const { host, node } = start(50);
    const from = performance.now();
    node.deadlineMs = from + 400;
    host.requestFlush();
    vi.advanceTimersByTime(399);
    expect(node.calls).toEqual(["flush"]);
    vi.advanceTimersByTime(2);
    expect(node.calls[1]).toBe(`tick at ${from + 400}`);
  });

  it("is silent after stop", () => {
    const { host, node } = start(50);
    host.requestFlush();
    host.stop();
    vi.advanceTimersByTime(1000);
    expect(node.calls).toEqual([]);
  });
});
