/**
 * Loads etcd by its gRPC interface, over Node's HTTP/2 without a gRPC library between: each call is a stream of its own there,
 * and a library would take most of the processor's time. Of the messages (etcd's api/etcdserverpb/rpc.proto) only the
 * fields that are needed are written; of the answers only what says that all is well is looked at.
 */
import { type ClientHttp2Session, connect } from "node:http2";
import { utf8 } from "../../src/base/bytes.ts";
import { WireWriter } from "../../src/protocol/wire-writer.ts";
import { type Driver, inTurn, type Keys, type LoadOperation } from "./driver.ts";

const writer = new WireWriter();

/** A message as gRPC frames it: not compressed, its length, its bytes. `write` writes its fields, last to first. */
function framed(write: () => void): Buffer {
  writer.begin();
  write();
  const message = writer.finish();
  const bytes = Buffer.allocUnsafe(5 + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}

/** PutRequest: key 1, value 2. */
function writePut(key: Uint8Array, value: Uint8Array): void {
  writer.bytes(2, value);
  writer.bytes(1, key);
}

/** RangeRequest: key 1, serializable 7: answered by the server itself, without asking the others. */
function writeRange(key: Uint8Array, serializable: boolean): void {
  writer.bool(7, serializable);
  writer.bytes(1, key);
}

/** TxnRequest: compare 1 (result 1, target 2, key 3, create_revision 5), success 2 (request_put 2): put if it is not there. */
function writeCreate(key: Uint8Array, value: Uint8Array): void {
  const isNew = 1;
  const success = writer.mark();
  const put = writer.mark();
  writePut(key, value);
  writer.nest(2, put);
  writer.nest(2, success);
  const compare = writer.mark();
  writer.presentUint(5, 0);
  writer.bytes(3, key);
  writer.uint(2, isNew);
  writer.nest(1, compare);
}

/** One call. Resolves to the answer's bytes; rejects if its status is an error. */
function call(session: ClientHttp2Session, method: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/etcdserverpb.KV/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const parts: Buffer[] = [];
    let failure = "no status came";
    const status = (headers: Record<string, unknown>): void => {
      const code = headers["grpc-status"];
      if (code !== undefined) failure = code === "0" ? "" : `etcd's status ${code}: ${headers["grpc-message"]}`;
    };
    stream.on("response", status);
    stream.on("trailers", status);
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", reject);
    stream.on("close", () => {
      const [first = Buffer.alloc(0)] = parts;
      if (failure === "") resolve(parts.length > 1 ? Buffer.concat(parts) : first);
      else reject(new Error(failure));
    });
    stream.end(request);
  });
}

/** A session is a connection, each with another endpoint, in turn. */
export async function openEtcd(endpoints: readonly string[], sessions: number, keys: Keys): Promise<Driver> {
  const all = await Promise.all(
    Array.from({ length: sessions }, (_, i) => {
      const session = connect(`http://${inTurn(endpoints, i)}`);
      return new Promise<ClientHttp2Session>((resolve, reject) => {
        session.once("error", reject);
        session.once("connect", () => resolve(session));
      });
    }),
  );
  const root = `/bench-${process.pid}-${Date.now()}`;
  const value = new Uint8Array(keys.valueBytes).fill(120);
  const names = Array.from({ length: keys.count }, (_, i) => utf8(`${root}/k${i}`));
  let created = 0;
  const put = (session: number, key: Uint8Array) =>
    call(
      inTurn(all, session),
      "Put",
      framed(() => writePut(key, value)),
    );
  return {
    prepare: async () => {
      for (let from = 0; from < names.length; from += 1000)
        await Promise.all(names.slice(from, from + 1000).map((key, i) => put(i, key)));
    },
    operate: (operation: LoadOperation, session, key) => {
      const name = inTurn(names, key);
      const one = inTurn(all, session);
      switch (operation) {
        case "set":
          return put(session, name);
        case "get":
        case "get-local":
          return call(
            one,
            "Range",
            framed(() => writeRange(name, operation === "get-local")),
          );
        case "create": {
          const fresh = utf8(`${root}/n-${created++}`);
          return call(
            one,
            "Txn",
            framed(() => writeCreate(fresh, value)),
          );
        }
      }
    },
    close: async () => {
      await Promise.all(all.map((one) => new Promise<void>((resolve) => one.close(resolve))));
    },
  };
}
