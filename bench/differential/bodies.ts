/** The bodies of the requests that steps speak of. */
import { utf8 } from "../../src/base/bytes.ts";
import { type Codec, encode, type JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { multiHeader, requests } from "../../src/zookeeper/records.ts";
import type { Places } from "./places.ts";
import type { Ask, Spoiling } from "./steps.ts";

type Body = (writer: JuteWriter) => void;

/** A body that writes itself. */
export const anything: Codec<Body> = { least: 0, read: () => () => {}, write: (to, body) => body(to) };

/** What a client sends to ask for this. */
export function bodyOf(ask: Ask, places: Places): Body {
  const { op, path: short, data: text, version, flags, mode: type, ttlMs, acl: acls, watch, parts = [] } = ask;
  const [path, data] = [places.full(short), utf8(text)];
  switch (op) {
    case "create":
    case "create2":
    case "createContainer":
      return (to) => requests.create.write(to, { path, data, acls, flags });
    case "createTtl":
      return (to) => requests.createTtl.write(to, { path, data, acls, flags, ttlMs });
    case "addWatch":
    case "removeWatches":
    case "checkWatches":
      return (to) => requests.watch.write(to, { path, type });
    case "delete":
    case "check":
      return (to) => requests.delete.write(to, { path, version });
    case "setData":
      return (to) => requests.setData.write(to, { path, data, version });
    case "setAcl":
      return (to) => requests.setAcl.write(to, { path, acls, version });
    case "getAcl":
    case "getEphemerals":
    case "getAllChildrenNumber":
    case "sync":
      return (to) => requests.path.write(to, { path });
    case "whoAmI":
      return () => {};
    case "reconfig":
      return (to) => requests.reconfig.write(to, { joining: text, leaving: "", newMembers: "", configId: version });
    case "multi":
    case "multiRead":
      return (to) => {
        for (const part of parts) {
          multiHeader.write(to, { type: opcode[part.op], done: false, err: -1 });
          bodyOf(part, places)(to);
        }
        multiHeader.write(to, { type: -1, done: true, err: -1 });
      };
    default:
      return (to) => requests.read.write(to, { path, watch });
  }
}

/** {@link bodyOf}, but not as it should be. */
export function spoiltBodyOf(ask: Ask, places: Places, { how, by }: Spoiling): Body {
  const whole = encode(anything, bodyOf(ask, places));
  if (how === "cut") return (to) => to.bytes(whole.subarray(0, Math.max(0, whole.length - by)));
  if (how === "more") return (to) => to.bytes(Uint8Array.of(...whole, ...Array<number>(by).fill(7)));
  // The length of the text or list that begins there.
  const at = how === "path" ? 0 : 4 + utf8(places.full(ask.path)).length;
  const length = new DataView(Uint8Array.from(whole).buffer).getInt32(at);
  const rest = whole.subarray(at + 4 + (how === "path" || ask.op !== "setAcl" ? length : 0));
  return (to) => {
    to.bytes(whole.subarray(0, at));
    to.int(by);
    to.bytes(rest);
  };
}
