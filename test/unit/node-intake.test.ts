import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { requestOverheadBytes } from "../../src/base/operation-traits.ts";
import type { MultiPart, Operation, Read, ReadPart } from "../../src/base/operations.ts";
import type { Request } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const client = 7;
const path = `/${"p".repeat(limits.pathBytesMax - 1)}`;
const check: MultiPart = { op: "check", path, version: -1 };
const get: ReadPart = { kind: "getData", path };
/** Parts that have about a MiB together. */
const partsOfMiB = (1024 * 1024) / limits.pathBytesMax;
const enough = limits.outstandingBytesMax / (1024 * 1024);
const checks: Operation = { op: "multi", parts: new Array<MultiPart>(partsOfMiB).fill(check) };
const nothings: Operation = { op: "multi", parts: new Array<MultiPart>(1000).fill({ op: "unsupported" }) };
const read = (parts: number): Read => ({
  kind: "multiRead",
  path: "",
  watch: false,
  local: true,
  parts: new Array<ReadPart>(parts).fill(get),
});

/** One server that takes up a single read ahead of its answer, and makes no turn. */
class Server {
  readonly cluster = new NodeCluster(1, 1, { readWork: { turn: 1, visit: 1, ahead: 1 } });
  #xid = 0;
  #requestId = 0;

  constructor() {
    this.cluster.leader();
    this.cluster.connect(1, client);
  }

  ask(body: Request["body"], count = 1): void {
    for (let i = 0; i < count; i++) {
      const requestId = body.type === "read" ? 0 : ++this.#requestId;
      this.cluster.say(1, client, { type: "request", xid: ++this.#xid, requestId, ackedRequestId: 0, body });
    }
  }

  /** Why the connection was ended, if it was. */
  refusal(): string | undefined {
    this.cluster.node(1).flush();
    const refused = this.cluster.heard(1, client).find((message) => message.type === "refused");
    return refused?.type === "refused" ? refused.failure.code : undefined;
  }
}

describe("requests without an answer", () => {
  it("are bounded by the bytes of paths in writes that wait behind a read", () => {
    const server = new Server();
    server.ask({ type: "read", read: read(1) }, 8);
    server.ask({ type: "write", operation: checks }, enough);
    expect(server.refusal()).toBe("TOO_MANY_REQUESTS");
  });

  it("are bounded by the bytes of reads that wait", () => {
    const server = new Server();
    server.ask({ type: "read", read: read(partsOfMiB) }, enough);
    expect(server.refusal()).toBe("TOO_MANY_REQUESTS");
  });

  it("are bounded by the bytes of a read that is taken up, which is large alone", () => {
    const server = new Server();
    server.ask({ type: "read", read: read(enough * partsOfMiB) });
    expect(server.refusal()).toBe("TOO_MANY_REQUESTS");
  });

  it("are bounded by parts that have neither path nor data", () => {
    const server = new Server();
    server.ask({ type: "read", read: read(1) }, 8);
    server.ask(
      { type: "write", operation: nothings },
      Math.ceil(limits.outstandingBytesMax / 1000 / requestOverheadBytes),
    );
    expect(server.refusal()).toBe("TOO_MANY_REQUESTS");
  });

  it("are taken up while they are fewer, and their bytes are free again once they are answered", () => {
    const server = new Server();
    for (let round = 0; round < 4; round++) {
      server.ask({ type: "read", read: read(partsOfMiB) }, enough / 2);
      for (let turn = 0; turn < 2 * enough; turn++) expect(server.refusal()).toBeUndefined();
    }
    expect(server.cluster.closed.size).toBe(0);
  });
});
