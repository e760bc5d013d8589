/** Clients that do not keep to the protocol, and operators that make mistakes. */
import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { mistakes } from "../../sim/plan/actions.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";
import type { Observer } from "../../sim/world/observer.ts";
import type { ErrorCode } from "../../src/base/errors.ts";

const config = { servers: 3, clients: 2, horizonMs: 6_000 };

/** With what a stranger that says this is refused, as a whole or request by request. */
function refusals(says: string): Set<ErrorCode | "not at all"> {
  const codes = new Set<ErrorCode | "not at all">();
  const strangers: Observer = {
    name: "strangers",
    serverFrame: (_server, client, _connection, messages) => {
      if (client <= config.clients) return;
      for (const message of messages) {
        if (message.type === "refused") codes.add(message.failure.code);
        if (message.type === "reply" && message.result.failure !== undefined) codes.add(message.result.failure.code);
        if (message.type === "pong") codes.add("not at all");
      }
    },
  };
  const faults = [4_000, 5_000].map((atMs) => ({
    when: { kind: "at", atMs },
    what: { kind: "strangeClient", server: "random", says },
  }));
  const { failure } = run(checkPlan({ seed: 1, config, faults }), [...allCheckers(), strangers]);
  expect(failure).toBeUndefined();
  return codes;
}

describe("a client that does not keep to the protocol is refused for what it gets wrong", () => {
  it.each([...mistakes])("%s", (says) => {
    expect([...refusals(says)].sort()).toEqual(
      {
        early: ["PROTOCOL_ERROR"],
        twice: ["PROTOCOL_ERROR"],
        version: ["PROTOCOL_ERROR"],
        password: ["AUTH_FAILED"],
        theft: ["AUTH_FAILED"],
        otherLife: ["WRONG_CLUSTER"],
        xid: ["PROTOCOL_ERROR"],
        requestId: ["PROTOCOL_ERROR"],
        path: ["BAD_ARGUMENTS", "NO_NODE"],
        data: ["DATA_TOO_LARGE"],
        flood: ["TOO_MANY_REQUESTS"],
        unread: ["TOO_MANY_REQUESTS"],
        again: ["NO_NODE", "PROTOCOL_ERROR"],
        closeAgain: ["NO_NODE", "PROTOCOL_ERROR"],
        watch: ["BAD_ARGUMENTS"],
        watches: ["OVERLOADED"],
        haste: ["not at all"],
        lists: ["INVALID_ACL"],
        parts: ["MULTI_TOO_LARGE", "UNIMPLEMENTED"],
        pile: ["TOO_MANY_REQUESTS"],
        pings: ["TOO_MANY_REQUESTS"],
        characters: ["OVERLOADED"],
        credential: ["BAD_ARGUMENTS"],
        thief: [],
        twin: ["SESSION_TAKEN"],
        unwatch: ["NO_WATCHER"],
        members: ["BAD_ARGUMENTS"],
      }[says],
    );
  });
});

it("what an operator gets wrong changes nothing, whoever was a member before", () => {
  const changes = ["mistake", "remove", "mistake", "add", "mistake", "move", "mistake"];
  const faults = changes.map((change, i) => ({
    when: { kind: "at", atMs: 3_000 + 400 * i },
    what: { kind: "member", change, server: change === "move" ? "leader" : "follower" },
  }));
  const moved = new Set<string>();
  const addresses: Observer = {
    name: "addresses",
    step: ({ configuration }) => {
      for (const { peerAddress } of configuration?.members ?? []) moved.add(peerAddress);
    },
  };
  const plan = checkPlan({ seed: 1, config: { ...config, spares: 1, horizonMs: 9_000 }, faults });
  expect(run(plan, [...allCheckers(), addresses]).failure).toBeUndefined();
  expect([...moved].filter((address) => address.startsWith("elsewhere"))).toHaveLength(1);
});
