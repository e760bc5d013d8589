import { describe, expect, it } from "vitest";
import { type Acl, type ClientIdentity, openAcl } from "../../src/base/acl.ts";
import type { Operation } from "../../src/base/operations.ts";
import type { Read, ReadKind } from "../../src/base/reads.ts";
import type { AdmittedMessage, ToldEvent } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const bob: ClientIdentity = { scheme: "digest", id: "bob:hash" };
/** Everybody may do everything with it but read it. */
const unread: Acl = [{ perms: 30, scheme: "world", id: "anyone" }];
/** The same, and bob reads it. */
const forBob: Acl = [...unread, { perms: 1, scheme: "digest", id: bob.id }];
const noData = new Uint8Array();

const make = (path: string, acl: Acl = openAcl) =>
  ({
    op: "createWithAcl",
    create: { op: "create", path, data: noData, ephemeral: false, sequential: false },
    acl,
  }) as const;
const set = (path: string) => ({ op: "setData", path, data: noData, version: -1 }) as const;
const remove = (path: string) => ({ op: "delete", path, version: -1 }) as const;
const setAcl = (path: string, acl: Acl): Operation => ({ op: "setAcl", path, acl, version: -1 });

/** A server; client 1 writes, client 2 watches. */
class World {
  readonly #cluster = new NodeCluster(1);
  readonly #server = this.#cluster.leader();
  #requests = 0;
  #reads = 0;

  constructor() {
    for (const connection of [1, 2]) this.#cluster.connect(this.#server, connection);
  }

  write(operation: Operation): void {
    this.#requests += 1;
    const request = { type: "request", xid: this.#requests, requestId: this.#requests, ackedRequestId: 0 } as const;
    this.#say(1, { ...request, body: { type: "write", operation } });
    const [reply] = this.#cluster.heard(this.#server, 1);
    expect(reply).toMatchObject({ type: "reply", xid: this.#requests });
    expect(reply).not.toHaveProperty("result.failure");
  }

  watch(kind: ReadKind, path: string): void {
    const read: Read = { kind, path, watch: true, local: true };
    this.#say(2, { ...this.#asked(), body: { type: "read", read } });
    this.events();
  }

  /** The one who watches shows who it is. */
  show(...identities: ClientIdentity[]): void {
    this.#say(2, { ...this.#asked(), body: { type: "shown", identities } });
    this.events();
  }

  /** What the one who watches was told since the last time, in short. */
  events(): readonly string[] {
    const messages = this.#cluster.heard(this.#server, 2);
    return messages.flatMap((message) => (message.type === "event" ? [inShort(message.event)] : []));
  }

  #asked() {
    this.#reads += 1;
    return { type: "request", xid: this.#reads, requestId: 0, ackedRequestId: 0 } as const;
  }

  #say(connection: number, message: AdmittedMessage): void {
    this.#cluster.node(this.#server).clientMessages(connection, [message]);
    this.#cluster.run(20);
  }
}

function inShort({ type, path, unreadable }: ToldEvent): string {
  return `${type} ${path}${unreadable ? " unreadable" : ""}`;
}

describe("a recursive watch", () => {
  it("names no znode below that its client may not read, and all others", () => {
    const world = new World();
    world.watch("addRecursiveWatch", "/");
    world.write(make("/hidden", unread));
    world.write(set("/hidden"));
    world.write(make("/hidden/open"));
    world.write(set("/hidden/open"));
    world.write(remove("/hidden/open"));
    world.write(remove("/hidden"));
    expect(world.events()).toEqual(["created /hidden/open", "dataChanged /hidden/open", "deleted /hidden/open"]);
  });

  it("goes by the list behind the change, in a multi too", () => {
    const world = new World();
    world.watch("addRecursiveWatch", "/");
    world.write({ op: "multi", parts: [make("/a"), set("/a"), remove("/a"), make("/a", unread), set("/a")] });
    expect(world.events()).toEqual(["created /a", "dataChanged /a", "deleted /a"]);
    world.write(setAcl("/a", openAcl));
    world.write(set("/a"));
    world.write(setAcl("/a", unread));
    world.write(remove("/a"));
    expect(world.events()).toEqual(["dataChanged /a"]);
  });

  it("tells of what its client may read by what it has shown, from then on", () => {
    const world = new World();
    world.watch("addRecursiveWatch", "/");
    world.write(make("/a", forBob));
    world.show(bob);
    world.write(set("/a"));
    expect(world.events()).toEqual(["dataChanged /a"]);
  });
});

describe("a persistent watch", () => {
  it("goes by its znode's own list, whatever its children's are", () => {
    const world = new World();
    world.watch("addWatch", "/a");
    world.write(make("/a"));
    world.write(make("/a/hidden", unread));
    world.write(remove("/a/hidden"));
    expect(world.events()).toEqual(["created /a", "childrenChanged /a", "childrenChanged /a"]);
    world.write(setAcl("/a", unread));
    world.write(make("/a/open"));
    world.write(set("/a"));
    world.write(remove("/a/open"));
    world.write(remove("/a"));
    expect(world.events()).toEqual([]);
  });
});

it("a watch that fires once tells all the same, and says that its client may not read", () => {
  const world = new World();
  world.watch("exists", "/a");
  world.write(make("/a", unread));
  expect(world.events()).toEqual(["created /a unreadable"]);
  world.watch("exists", "/a");
  world.write(setAcl("/a", openAcl));
  world.write(set("/a"));
  expect(world.events()).toEqual(["dataChanged /a"]);
});
