/** Clients that are told what is not so, and clients as processes: they end, and leave their sessions to others. */
import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { lies } from "../../sim/plan/actions.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";
import type { SessionEvent } from "../../sim/world/history.ts";
import type { Observer } from "../../sim/world/observer.ts";

const config = { servers: 3, clients: 1, horizonMs: 6_000 };

/** What happens to the sessions of the one client. */
function sessions(plan: Record<string, unknown>): readonly SessionEvent[] {
  const events: SessionEvent[] = [];
  const observer: Observer = { name: "sessions", sessionEvent: (event) => events.push(event) };
  expect(run(checkPlan({ seed: 1, ...plan }), [...allCheckers(), observer]).failure).toBeUndefined();
  return events;
}

function ends(events: readonly SessionEvent[]): (string | undefined)[] {
  return events.filter(({ type }) => type === "ended").map(({ reason }) => reason);
}

describe("a client leaves a server that says what is not so, and ends its session only where that can be no more", () => {
  it.each([...lies])("%s", (says) => {
    const faults = [{ when: { kind: "at", atMs: 4_000 }, what: { kind: "falseServer", client: 1, says } }];
    const events = sessions({ config, workload: { perSecond: 5, mix: { close: 0 } }, faults });
    expect(events.filter(({ type, atUs }) => type === "connected" && atUs > 4_000_000).length).toBeGreaterThan(0);
    expect(ends(events)).toEqual(["taken", "otherPast", "moreWrites"].includes(says) ? ["misled"] : []);
  });
});

describe("a process that ends without a word", () => {
  const write = (atMs: number) => ({
    client: 1,
    atMs,
    step: { kind: "create", path: `/at-${atMs}`, data: "x", ephemeral: true },
  });
  const connectedBy = (kind: string) =>
    sessions({
      config,
      workload: { perSecond: 0, operations: [write(4_000), { client: 1, atMs: 4_500, step: { kind } }, write(5_000)] },
    }).filter(({ type }) => type === "connected");

  it("leaves its session to the next, which goes on with it", () => {
    const [first, second] = connectedBy("inherit");
    expect(second?.life).toBe(2);
    expect(second?.sessionId).toBe(first?.sessionId);
  });

  it("leaves nothing to one that does not know of it", () => {
    const [first, second] = connectedBy("vanish");
    expect(second?.life).toBe(2);
    expect(second?.sessionId).not.toBe(first?.sessionId);
  });
});
