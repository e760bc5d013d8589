/** Loads whoever speaks ZooKeeper's protocol by a bare client: requests are sent one behind the other, nothing is retried. */
import { setTimeout as sleep } from "node:timers/promises";
import { utf8 } from "../../src/base/bytes.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { replies, requests } from "../../src/zookeeper/records.ts";
import { ZooKeeperClient } from "../../src/zookeeper-client/client.ts";
import { type Driver, inTurn, type Keys, type LoadOperation } from "./driver.ts";

const acls = [{ perms: 31, scheme: "world", id: "anyone" }];
const sequential = 2;
const sessionTimeoutMs = 30_000;
/** How long a server may take until it gives a session. Milliseconds. */
const patienceMs = 30_000;

/** Tries until it succeeds, for a while. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(100))
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
}

/** Each session is with another endpoint, in turn. There is no linearizable read. */
export async function openZooKeeper(endpoints: readonly string[], sessions: number, keys: Keys): Promise<Driver> {
  const open = (endpoint: string) =>
    ZooKeeperClient.open({ hosts: [endpoint], sessionTimeoutMs, connectTimeoutMs: patienceMs, patienceMs });
  const all = await Promise.all(Array.from({ length: sessions }, (_, i) => open(inTurn(endpoints, i))));
  const create = (session: number, path: string, data: Uint8Array, flags: number) =>
    inTurn(all, session).ask(opcode.create, requests.create, { path, data, acls, flags }, replies.path);
  const read = (link: ZooKeeperClient, path: string) =>
    link.ask(opcode.getData, requests.read, { path, watch: false }, replies.data);
  const { path: root } = await retried(() => create(0, "/bench-", utf8(""), sequential));
  const value = new Uint8Array(keys.valueBytes).fill(120);
  const paths = Array.from({ length: keys.count }, (_, i) => `${root}/k${i}`);
  return {
    prepare: async () => {
      // In portions: a ZooKeeper server reads no more from one that has very many requests open.
      for (let from = 0; from < paths.length; from += 1000)
        await Promise.all(
          paths.slice(from, from + 1000).map((path, i) =>
            retried(async () => {
              // It may be there, though nobody said so.
              await create(i, path, value, 0).catch(() => read(inTurn(all, i), path));
            }),
          ),
        );
      // A server may be behind what the others have told.
      const path = inTurn(paths, paths.length - 1);
      await Promise.all(all.map((one) => retried(() => read(one, path))));
    },
    operate: (operation: LoadOperation, session, key) => {
      const path = inTurn(paths, key);
      const one = inTurn(all, session);
      switch (operation) {
        case "set":
          return one.ask(opcode.setData, requests.setData, { path, data: value, version: -1 }, replies.stat);
        case "get-local":
          return read(one, path);
        case "create":
          return create(session, `${root}/n-`, value, sequential);
        case "get":
          return Promise.reject(new Error("ZooKeeper has no linearizable read"));
      }
    },
    close: async () => {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}
