import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { MultiPart, Operation } from "../../src/base/operations.ts";
import type { Read, ReadPart } from "../../src/base/reads.ts";
import type { Request } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const client = 7;
const path = `/${"p".repeat(limits.pathBytesMax - 1)}`;
const check: MultiPart = { op: "check", path, version: -1 };
const get: ReadPart = { kind: "getData", path };
/** Parts that have about a MiB together. */
const partsOfMiB = (1024 * 1024) / limits.pathBytesMax;
const enough = limits.outstandingBytesMax / (1024 * 1024);
const mib: Operation = { op: "setData", path, data: new Uint8Array(1024 * 1024), version: -1 };
const checks = (parts: number): Operation => ({ op: "multi", parts: new Array<MultiPart>(parts).fill(check) });
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
  it("are bounded by the bytes of writes that wait behind a read", () => {
    const server = new Server();
    server.ask({ type: "read", read: read(1) }, 8);
    server.ask({ type: "write", operation: mib }, enough);
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

  it("are bounded by their number, a multi counting as one for each of its parts, on the way and while it waits", () => {
    for (const behind of [0, 8]) {
      const server = new Server();
      server.ask({ type: "read", read: read(1) }, behind);
      server.ask({ type: "write", operation: checks(400) }, 2);
      server.ask({ type: "write", operation: checks(limits.outstandingRequestsMax - 800 - behind) });
      expect(server.cluster.heard(1, client).at(-1)?.type).not.toBe("refused");
      server.ask({ type: "write", operation: { op: "delete", path, version: -1 } });
      expect(server.refusal(), `behind ${behind} reads`).toBe("TOO_MANY_REQUESTS");
    }
  });

  it("do not count any more when they are answered", () => {
    const server = new Server();
    for (let round = 0; round < 4; round++) {
      server.ask({ type: "read", read: read(1) }, 8);
      server.ask({ type: "write", operation: checks(limits.outstandingRequestsMax - 8) });
      for (let turn = 0; turn < 40; turn++) expect(server.refusal()).toBeUndefined();
      server.cluster.run(50);
    }
    expect(server.cluster.closed.size).toBe(0);
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
