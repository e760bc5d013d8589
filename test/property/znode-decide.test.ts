import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAcl } from "../../src/base/acl.ts";
import type { Operation, Result, SessionId, Zxid } from "../../src/base/operations.ts";
import { dataOf } from "../../src/znode/data-store.ts";
import { digestOf } from "../../src/znode/digest.ts";
import { makeEdit } from "../../src/znode/edits.ts";
import type { Edit, View } from "../../src/znode/operations/decision.ts";
import { Overlay } from "../../src/znode/operations/overlay.ts";
import { decide } from "../../src/znode/operations/table.ts";
import { parentPath } from "../../src/znode/paths.ts";
import { SessionTable } from "../../src/znode/sessions.ts";
import { Tree } from "../../src/znode/tree.ts";
import { opening } from "../unit/znode-harness.ts";

const timeMs = 5_000;

/** A tree with one session. */
class State {
  readonly tree = new Tree();
  readonly sessions = new SessionTable();
  readonly sessionId: SessionId = this.sessions.open(1, opening(new Uint8Array(16)), 0).id;

  get view(): View {
    const ephemerals = () => this.sessions.get(this.sessionId)?.ephemeralCount ?? 0;
    const quotas = (path: string) => this.tree.quotas.over(path);
    const znode = (path: string) => this.tree.get(path);
    return { sessionId: this.sessionId, identities: [], timeMs, ephemerals, quotas, znode };
  }

  do(edit: Edit, zxid: Zxid): Result {
    return makeEdit({ tree: this.tree, sessions: this.sessions, zxid, changes: [] }, edit);
  }

  /** Decides on the tree as it is, and does it. */
  perform(operation: Operation, zxid: Zxid): Result {
    const decision = decide(this.view, operation);
    return decision.failure === undefined ? this.do(decision, zxid) : decision;
  }

  get digest(): string {
    return digestOf(this.tree, this.sessions, 0, 0);
  }
}

const path = fc.constantFrom("/a", "/a", "/b", "/a/a", "/a/b", "/a/a/a", "/a/n-", "/", "/zookeeper", "a", "/c//");
const data = fc.uint8Array({ maxLength: 40 });
const version = fc.constantFrom(-1, -1, 0, 1);
const acl = fc.constant([...openAcl, { perms: 1, scheme: "ip", id: "10.0.0.1" }]);
const flag = fc.constantFrom(false, false, true);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant("create" as const), path, data, ephemeral: flag, sequential: flag }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("createContainer" as const), path, data }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant("createTtl" as const), path, data, sequential: flag, ttlMs: fc.nat(3) }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("delete" as const), path, version }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("setData" as const), path, data, version }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("setAcl" as const), path, acl, version }) },
);
const operations = fc.array(operation, { maxLength: 25, size: "max" });

/** Two states that went the same way. */
function twice(before: readonly Operation[]): [State, State] {
  const states: [State, State] = [new State(), new State()];
  for (const state of states) for (const [i, each] of before.entries()) state.perform(each, 2 + i);
  return states;
}

/** What a view shows of a znode, as of now. */
function seen(view: View, at: string) {
  const znode = view.znode(at);
  if (znode === undefined) return { at };
  const { version, aversion, acl, childCounter, ephemeralOwner, children } = znode;
  const size = children?.size ?? 0;
  return { at, version, aversion, acl, childCounter, ephemeralOwner, size, data: dataOf(znode) };
}

describe("deciding and doing", () => {
  it("changes nothing before it is done, and nothing at all when it is refused", () => {
    fc.assert(
      fc.property(operations, operation, (before, last) => {
        const [state] = twice(before);
        const digest = state.digest;
        const decision = decide(state.view, last);
        expect(state.digest).toBe(digest);
        if (decision.failure !== undefined) return;
        state.do(decision, 100);
        expect(state.digest).not.toBe(digest);
      }),
    );
  });

  it("comes to the same one by one as decided ahead, on a view that shows the edits before as done", () => {
    fc.assert(
      fc.property(operations, operations, (before, together) => {
        const [one, other] = twice(before);
        const results = together.map((each) => one.perform(each, 100));

        const digest = other.digest;
        const overlay = new Overlay(other.view);
        const decisions = together.map((each) => {
          const decision = decide(overlay, each);
          if (decision.failure === undefined && decision.type !== "multi") overlay.show(decision);
          return decision;
        });
        expect(other.digest).toBe(digest);
        const done = decisions.map((each) => (each.failure === undefined ? other.do(each, 100) : each));
        expect(done).toEqual(results);
        expect(other.digest).toBe(one.digest);
      }),
      { numRuns: 300 },
    );
  });

  it("shows of each znode what it will be", () => {
    fc.assert(
      fc.property(operations, operations, (before, together) => {
        const [state] = twice(before);
        const overlay = new Overlay(state.view);
        const edits = together.flatMap((each) => {
          const decision = decide(overlay, each);
          if (decision.failure !== undefined || decision.type === "multi") return [];
          overlay.show(decision);
          return [decision];
        });
        const paths = new Set(
          edits.flatMap((edit) => ("path" in edit ? [edit.path, parentPath(edit.path) ?? "/"] : [])),
        );
        const shown = [...paths].map((each) => seen(overlay, each));
        for (const edit of edits) state.do(edit, 100);
        expect(shown).toEqual([...paths].map((each) => seen(state.view, each)));
      }),
      { numRuns: 300 },
    );
  });
});
