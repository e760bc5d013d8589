/** Many requests that share one signal. */
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { onAbort } from "../../src/client/abort.ts";

describe("a signal that many requests share", () => {
  it("has one listener for all of them, and tells each that still waits, once", () => {
    const controller = new AbortController();
    const told: number[] = [];
    const releases = Array.from({ length: 100 }, (_, i) => onAbort(controller.signal, () => told.push(i)));
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    for (const [i, release] of releases.entries()) if (i % 50 !== 7) release();
    controller.abort();
    expect(told).toEqual([7, 57]);
    for (const release of releases) release();
    expect(told).toEqual([7, 57]);
  });

  it("does not tell one that another releases while it is told", () => {
    const controller = new AbortController();
    const told: string[] = [];
    let release = (): void => undefined;
    onAbort(controller.signal, () => {
      told.push("first");
      release();
    });
    release = onAbort(controller.signal, () => told.push("second"));
    controller.abort();
    expect(told).toEqual(["first"]);
  });

  it("forgets those who waited: what is added later waits alone", () => {
    const controller = new AbortController();
    let calls = 0;
    const act = () => calls++;
    onAbort(controller.signal, act)();
    onAbort(controller.signal, act);
    onAbort(controller.signal, act)();
    controller.abort();
    expect(calls).toBe(1);
  });
});
