/** The schema as protobufjs reflects it, and its own codec: what ours are held against. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const folder = fileURLToPath(new URL("../../proto/", import.meta.url));

// Numbers on the wire are below 2^53 (proto/log.proto): plain numbers, not Long objects.
protobuf.util.Long = undefined as unknown as typeof protobuf.util.Long;
protobuf.configure();

const root = new protobuf.Root();
root.resolvePath = (_, target) => (target.startsWith(folder) ? target : `${folder}${target}`);
root.loadSync(readdirSync(folder).filter((name) => name.endsWith(".proto")));

/** Everything that proto/ declares. */
export const schema: protobuf.Namespace = root.resolveAll().lookup("terrarium") as protobuf.Namespace;

/** Bytes of a message, by protobufjs; `message` has its names and its shape. */
export function encodeProto(name: string, message: object): Uint8Array {
  return new Uint8Array(schema.lookupType(name).encode(message).finish());
}

/** The message in `bytes`, by protobufjs. */
export function decodeProto(name: string, bytes: Uint8Array): { [field: string]: unknown } {
  const type = schema.lookupType(name);
  return type.toObject(type.decode(bytes), { defaults: true, arrays: true });
}
