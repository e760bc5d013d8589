/** Sequences that are compared first, each time: what the drawn ones once came upon, and what is of its kind. */
import { type Acl, openAcl } from "../../src/base/acl.ts";
import type { Ask, Step } from "./steps.ts";

/** Everybody may do everything but read. */
const unread: Acl = [{ perms: 30, scheme: "world", id: "anyone" }];
/** Who shows "bob:secret" may do everything, the others all but read. */
const bobs: Acl = [...unread, { perms: 31, scheme: "auth", id: "" }];

function ask(op: Ask["op"], path: string, more: Partial<Ask> = {}): Ask {
  return { ...{ op, path, data: "", version: -1, flags: 0, mode: 0, ttlMs: 0, acl: openAcl, watch: false }, ...more };
}

/** What client 1 does, one request at a time. */
function does(...asks: readonly Ask[]): readonly Step[] {
  return asks.map((one) => ({ type: "ask", client: 1, asks: [one] }));
}

/** What client 0 asks for. */
function watches(...asks: readonly Ask[]): readonly Step[] {
  return [{ type: "ask", client: 0, asks }];
}

const watched = { watch: true };
const list = (acl: Acl): Ask => ask("setAcl", "/d", { acl });
const bob: Step = { type: "auth", client: 0, scheme: "digest", credential: "bob:secret" };

/** Who may not read a znode hears nothing of it, on whatever watch (docs/decisions/0026). */
const keptBack: readonly (readonly Step[])[] = [
  [...watches(ask("exists", "/d", watched)), ...does(ask("create", "/d", { acl: unread }), ask("setData", "/d"))],
  [
    ...does(ask("create", "/d")),
    ...watches(ask("getData", "/d", watched), ask("getChildren", "/d", watched)),
    ...does(list(unread), ask("create", "/d/e"), ask("setData", "/d"), list(openAcl)),
    // Both have been spent in silence.
    ...does(ask("setData", "/d"), ask("delete", "/d/e"), ask("delete", "/d")),
  ],
  [
    ...does(ask("create", "/d")),
    ...watches(ask("getChildren", "/d", watched)),
    ...does(ask("create", "/d/e", { acl: unread }), ask("delete", "/d/e")),
  ],
  [
    ...watches(ask("addWatch", "/d")),
    ...does(ask("create", "/d", { acl: unread }), ask("create", "/d/e"), ask("setData", "/d"), list(openAcl)),
    ...does(ask("setData", "/d"), ask("delete", "/d/e"), list(unread), ask("delete", "/d")),
  ],
  [
    ...does(ask("create", "/a")),
    ...watches(ask("addWatch", "/a", { mode: 1 })),
    ...does(ask("create", "/a/b", { acl: unread }), ask("setData", "/a/b"), ask("create", "/a/b/c")),
    ...does(ask("setData", "/a/b/c"), ask("setAcl", "/a", { acl: unread }), ask("setData", "/a")),
    ...does(ask("setData", "/a/b/c"), ask("delete", "/a/b/c"), ask("delete", "/a/b")),
    { type: "rejoin", client: 0, other: 1, meanwhile: ask("create", "/a/b") },
    ...does(ask("setData", "/a/b")),
  ],
  [
    ...watches(ask("exists", "/d", watched), ask("getData", "/", watched)),
    ...does(ask("create", "/d", { acl: unread })),
    { type: "rejoin", client: 0, other: 1, meanwhile: ask("setData", "/") },
    ...does(list(openAcl), ask("setData", "/d")),
  ],
  [
    ...watches(ask("exists", "/d", watched)),
    ...does(ask("create", "/d", { acl: unread }), ask("delete", "/d")),
    { type: "rejoin", client: 0, other: 1, meanwhile: ask("create", "/a") },
    ...does(ask("create", "/d")),
  ],
  // Who one is counts from when it is shown, for watches that were armed before, too.
  [
    { ...bob, client: 1 },
    ...watches(ask("addWatch", "/d"), ask("exists", "/d/e", watched)),
    ...does(ask("create", "/d", { acl: bobs }), ask("setData", "/d")),
    bob,
    ...does(ask("setData", "/d"), ask("create", "/d/e", { acl: bobs }), ask("delete", "/d/e"), ask("delete", "/d")),
  ],
  // Of a multi each part has the lists that those before it leave; the ephemerals of a session have theirs to the end.
  [
    ...watches(ask("addWatch", "/d"), ask("addWatch", "/a", { mode: 1 }), ask("exists", "/a/x", watched)),
    ...does(
      ask("multi", "/", {
        parts: [
          ...[ask("create", "/d", { acl: unread }), ask("setData", "/d"), ask("delete", "/d"), ask("create", "/d")],
          ...[
            ask("create", "/a"),
            ask("create", "/a/x", { acl: unread, flags: 1 }),
            ask("create2", "/a/b", { flags: 1 }),
          ],
        ],
      }),
    ),
    { type: "close", client: 1 },
  ],
];

const twice = [ask("create", "/d/e"), ask("delete", "/d/e"), ask("setData", "/d"), ask("setData", "/d")];
const ephemeral = ask("create", "/d/e", { flags: 3 });

/** Several changes of one znode within one entry. */
const atOnce: readonly (readonly Step[])[] = [
  [
    ...does(ask("create", "/d"), ask("create", "/a")),
    ...watches(ask("addWatch", "/d"), ask("addWatch", "/a", { mode: 1 }), ask("getChildren", "/", watched)),
    ...does(ask("multi", "/", { parts: twice }), ask("multi", "/", { parts: [...twice, ...twice] })),
    ...does(ask("multi", "/", { parts: [ask("setData", "/a"), ask("create", "/a/b"), ask("setData", "/a")] })),
  ],
  [
    ...does(ask("create", "/d"), ephemeral, ephemeral, ask("create", "/d/f")),
    ...watches(ask("addWatch", "/d")),
    { type: "close", client: 1 },
  ],
];

export const kept: readonly (readonly Step[])[] = [...keptBack, ...atOnce];
