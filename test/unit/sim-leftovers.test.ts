import { beforeEach, expect, it } from "vitest";
import { Leftovers } from "../../sim/world/leftovers.ts";
import type { ServerView } from "../../sim/world/view.ts";
import { del, Harness, ok } from "./znode-harness.ts";

let harness: Harness;

beforeEach(() => {
  harness = new Harness();
  const session = harness.open();
  ok(harness.write(session, { op: "createContainer", path: "/c", data: new Uint8Array(3) }));
  ok(harness.write(session, { op: "createTtl", path: "/t", data: new Uint8Array(), sequential: false, ttlMs: 1_000 }));
  const acl = [{ perms: 31, scheme: "digest", id: "a:b" }];
  const listed = { op: "create", data: new Uint8Array(5), ephemeral: false, sequential: false, acl } as const;
  for (const path of ["/l", "/m"]) ok(harness.write(session, { ...listed, path }));
  ok(harness.write(session, { op: "createContainer", path: "/gone", data: new Uint8Array(7) }));
  ok(harness.write(session, del("/gone")));
});

/** What is left once these looks are over, each at tables that are larger than they are by so much. */
function left(...looks: readonly { readonly [table: string]: number }[]): readonly string[] {
  const { machine } = harness;
  const leftovers = new Leftovers();
  for (const more of looks) {
    const tables = Object.entries(machine.retained()).map(([table, size]) => [table, size + (more[table] ?? 0)]);
    const seen = {
      znodes: () => machine.znodes(),
      counts: () => machine.counts(),
      retained: () => Object.fromEntries(tables),
    };
    const node = { machine: seen, retained: () => ({ connections: 0, attachedSessions: 0, heardSessions: 0 }) };
    leftovers.look([{ id: 1, node } as unknown as ServerView], []);
  }
  return leftovers.left();
}

it("finds nothing in the tables of a sound tree", () => {
  expect(left({})).toEqual([]);
});

it.each(["lifetimes", "accessLists", "quotas", "removedZnodes", "dataBytes"])("finds %s that no znode has", (table) => {
  expect(left({ [table]: 2 }, { [table]: 1 })).toEqual([`n1 keeps 1 of its ${table} more than anybody needs`]);
  expect(left({ [table]: 2 }, {})).toEqual([]);
});
