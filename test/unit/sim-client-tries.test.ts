import { describe, expect, it } from "vitest";
import { ClientTries } from "../../sim/checkers/client-tries.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { Connect, Connected } from "../../src/protocol/client-messages.ts";
import { emptyWorld } from "../support/sim-world.ts";

const timeoutMs = 6_000;

/** A client of three servers, which has a server since 10 ms. */
class Seeker {
  readonly #checker = new ClientTries();
  readonly #world = emptyWorld(checkPlan({ seed: 1, config: { servers: 3, clients: 1 } }));
  #connection = 0;

  constructor() {
    this.#checker.begin(this.#world);
    this.opens(0, 0);
    this.attaches(10);
  }

  opens(atMs: number, sessionId = 5): void {
    this.#world.now = 1000 * atMs;
    const connect: Connect = {
      ...{ type: "connect", protocol: 1, sessionId, password: new Uint8Array(0), timeoutMs },
      ...{ lastZxid: 0, holder: 1, takeover: false, instance: 0 },
    };
    this.#checker.clientFrame(1, 1, ++this.#connection, [connect]);
  }

  attaches(atMs: number): void {
    this.#world.now = 1000 * atMs;
    this.#checker.clientHears(1, this.#connection, [{ type: "connected", sessionId: 5, timeoutMs } as Connected]);
  }

  breaks(atMs: number): void {
    this.#world.now = 1000 * atMs;
    this.#checker.connectionBroken(this.#connection, "client");
  }

  /** Its timer rings, and it goes. */
  leaves(atMs: number): void {
    this.#world.now = 1000 * atMs;
    this.#world.event = { kind: "clientTimer", cause: 0, client: 1 };
    this.#checker.clientLeaves(1, this.#connection);
  }
}

describe("how a client looks for a server", () => {
  it("at once behind one that it had for a second", () => {
    const seeker = new Seeker();
    seeker.breaks(1_010);
    expect(() => seeker.opens(1_010)).not.toThrow();
    const rests = new Seeker();
    rests.breaks(1_010);
    expect(() => rests.opens(1_060)).toThrow("rests for 50.0 ms behind a server that it has had for a second");
  });

  it("each endpoint once, and then after a rest that is neither short nor long", () => {
    for (const [restMs, why] of [
      [49, "rests for 49.0 ms"],
      [51, "rests for 51.0 ms"],
      [50, ""],
    ] as const) {
      const seeker = new Seeker();
      seeker.breaks(2_000);
      for (const atMs of [2_000, 2_001, 2_002]) {
        seeker.opens(atMs);
        seeker.breaks(atMs + 1);
      }
      if (why === "") expect(() => seeker.opens(2_003 + restMs)).not.toThrow();
      else expect(() => seeker.opens(2_003 + restMs)).toThrow(why);
    }
    // The second rest is twice as long at most.
    for (const [restMs, why] of [
      [101, "rests for 101.0 ms"],
      [100, ""],
    ] as const) {
      const again = new Seeker();
      again.breaks(2_000);
      for (const atMs of [2_000, 2_001, 2_002, 2_053, 2_054, 2_055]) {
        again.opens(atMs);
        again.breaks(atMs + 1);
      }
      if (why === "") expect(() => again.opens(2_056 + restMs)).not.toThrow();
      else expect(() => again.opens(2_056 + restMs)).toThrow(why);
    }
    const early = new Seeker();
    early.breaks(2_000);
    early.opens(2_000);
    early.breaks(2_001);
    expect(() => early.opens(2_101)).toThrow("rests when it has tried 1 endpoints");
    const never = new Seeker();
    never.breaks(2_000);
    expect(() => {
      for (let atMs = 2_000; atMs < 2_010; atMs++) {
        never.opens(atMs);
        never.breaks(atMs + 1);
      }
    }).toThrow("and does not rest");
  });

  it("an attempt takes from a second and a half to half the timeout", () => {
    for (const [tookMs, why] of [
      [1_499, "gives an attempt up after 1499.0 ms"],
      [1_500, ""],
      [3_001, "waits 3001.0 ms for an attempt"],
    ] as const) {
      const seeker = new Seeker();
      seeker.breaks(2_000);
      seeker.opens(2_000);
      if (why === "") expect(() => seeker.leaves(2_000 + tookMs)).not.toThrow();
      else expect(() => seeker.leaves(2_000 + tookMs)).toThrow(why);
    }
  });
});
