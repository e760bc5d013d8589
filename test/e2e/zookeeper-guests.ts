/** Clients of ZooKeeper's protocol at the doors of a cluster of their own, for tests. */
import { afterAll, beforeAll, expect } from "vitest";
import { present } from "../../src/base/assert.ts";
import type { Stat } from "../../src/base/operations.ts";
import { type Codec, JuteReader, type JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { multiHeader, replies, requests } from "../../src/zookeeper/records.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { ZkClient, type ZkHandshake, type ZkReply } from "../support/zookeeper-client.ts";

/** A cluster of three for the tests of a file, that ends behind them with all who came. */
export class ZooKeeperGuests {
  #cluster: LocalCluster | undefined;
  readonly #open: ZkClient[] = [];

  constructor() {
    beforeAll(async () => {
      this.#cluster = await LocalCluster.start(
        3,
        ["--zookeeper-words", "ruok,isro,srvr,stat,mntr,envi,conf,srst,cons,crst,dirs,dump,wchc,wchp"],
        undefined,
        true,
      );
    });
    afterAll(async () => {
      for (const client of this.#open) client.destroy();
      await this.#cluster?.destroy();
    });
  }

  get cluster(): LocalCluster {
    return present(this.#cluster, "a cluster that has begun");
  }

  /** A connection to a server's door, without a handshake. */
  arrive(server = 1): Promise<ZkClient> {
    return this.arriveAt(this.cluster.server(server).zookeeperAddress);
  }

  /** The same, wherever that is. */
  async arriveAt(address: string): Promise<ZkClient> {
    const client = await ZkClient.open(address);
    this.#open.push(client);
    return client;
  }

  /** A client with the answer to its handshake. Where there is none it comes again, as clients do: there may be no leader. */
  async join(server = 1, handshake: ZkHandshake = {}) {
    for (const deadline = Date.now() + 30_000; ; await new Promise((r) => setTimeout(r, 200))) {
      const client = await this.arrive(server);
      const session = await client.connect({ timeOut: 60_000, ...handshake });
      if (session !== undefined || Date.now() > deadline) return { client, session: present(session, "an answer") };
    }
  }

  /** A figure of server 1. */
  async metric(name: RegExp): Promise<number> {
    const response = await fetch(`http://${this.cluster.server(1).httpAddress}/metrics`);
    return Number(name.exec(await response.text())?.[1] ?? 0);
  }
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

export const acls = [{ perms: 31, scheme: "world", id: "anyone" }];
export const none = new Uint8Array();

/** Writes a part of a multi, without the header in front. */
export type Part = (to: JuteWriter) => void;

/** The body of a multi. */
export function multiOf(...parts: (readonly [number, Part])[]): Codec<object> {
  const write = (to: JuteWriter): void => {
    for (const [type, part] of parts) {
      multiHeader.write(to, { type, done: false, err: -1 });
      part(to);
    }
    multiHeader.write(to, { type: -1, done: true, err: -1 });
  };
  return { least: 0, read: () => ({}), write };
}

export function created(path: string, flags = 0): Part {
  return (to) => requests.create.write(to, { path, data: none, acls, flags });
}

export function checked(path: string, version: number): Part {
  return (to) => requests.delete.write(to, { path, version });
}

/** The errors of the parts of a multi that was refused. */
export function errorsOf({ body }: ZkReply): number[] {
  const reader = new JuteReader(body);
  const errors: number[] = [];
  for (;;) {
    const { done, type, err } = multiHeader.read(reader);
    if (done) return errors;
    expect({ type, again: reader.int() }).toEqual({ type: -1, again: err });
    errors.push(err);
  }
}

export function create(client: ZkClient, path: string, flags = 0, data = none): Promise<ZkReply | undefined> {
  return client.ask(opcode.create, requests.create, { path, data, acls, flags });
}

export async function statOf(client: ZkClient, path: string, watch = false): Promise<Stat | undefined> {
  const reply = await client.ask(opcode.exists, requests.read, { path, watch });
  return reply?.err === 0 ? replies.stat.read(new JuteReader(reply.body)).stat : undefined;
}

export async function createdPath(client: ZkClient, path: string, flags: number): Promise<string> {
  const reply = present(await create(client, path, flags), "an answer");
  expect(reply.err).toBe(0);
  return replies.path.read(new JuteReader(reply.body)).path;
}

/** Polls until `condition` holds. */
export async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await condition()); await new Promise((r) => setTimeout(r, 50)))
    if (Date.now() > deadline) throw new Error("it never came true");
}
