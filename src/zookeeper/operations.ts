/**
 * What clients may ask for: how each request is read, what it asks of the node, and how the answer is written. Changes
 * are in `changes.ts`; ping, setWatches, auth, whoAmI and closeSession, which concern the connection, in `conversation.ts`.
 */

import { pathProblem } from "../base/paths.ts";
import type { Read, ReadKind, WatchKind } from "../base/reads.ts";
import type { AdmittedBody } from "../protocol/client-messages.ts";
import { changesAlone, noStat } from "./changes.ts";
import { zkError } from "./errors.ts";
import { type JuteReader, unlessMalformed } from "./jute.ts";
import { takeMulti, takeMultiRead } from "./multi.ts";
import { opcode } from "./opcodes.ts";
import { carrier } from "./pending.ts";
import { replies, requests, type WatchRequest } from "./records.ts";
import { headerOnly, row, type Take, type Taken } from "./taken.ts";

/** ZooKeeper answers reads from the server that the client is attached to. */
function askRead(kind: ReadKind, path: string, watch: boolean): AdmittedBody {
  // Reads take the empty path for that of the root; a watch there would never fire.
  const place = path === "" ? { path: "/", watch: false } : { path, watch };
  const read: Read = { kind, ...place, local: true };
  return { type: "read", read };
}

/** Mode 0: persistent; 1: recursive. */
function askAddWatch({ path, type: mode }: WatchRequest): AdmittedBody | number {
  if (mode !== 0 && mode !== 1) return zkError.MARSHALLINGERROR;
  // At what is no path of a znode nothing ever comes to be; ZooKeeper takes the watch.
  if (pathProblem(path) !== undefined) return carrier;
  const kind = mode === 0 ? "addWatch" : "addRecursiveWatch";
  return { type: "read", read: { kind, path, watch: true, local: true } };
}

/** By type of watches that are to be removed, or asked after: the kinds that it stands for. */
const kindsOfType = new Map<number, readonly WatchKind[]>([
  [1, ["children"]],
  [2, ["data", "exist"]],
  [3, ["data", "exist", "children", "persistent", "recursive"]],
  [4, ["persistent"]],
  [5, ["recursive"]],
]);

function askWatches(kind: "checkWatches" | "removeWatches"): (request: WatchRequest) => AdmittedBody | number {
  return ({ path, type }) => {
    const watches = kindsOfType.get(type)?.map((each) => ({ kind: each, path }));
    if (watches === undefined) return zkError.MARSHALLINGERROR;
    return { type: "read", read: { kind, path: "/", watch: false, local: true, watches } };
  };
}

const rows = new Map<number, Take>([
  ...changesAlone,
  [opcode.multi, takeMulti],
  [opcode.multiRead, takeMultiRead],
  [
    opcode.exists,
    row({
      request: requests.read,
      // The one read for which a ZooKeeper server looks at the path.
      ask: ({ path, watch }) => (path.includes("\0") ? zkError.BADARGUMENTS : askRead("exists", path, watch)),
      answer: (writer, { stat = noStat }) => replies.stat.write(writer, { stat }),
    }),
  ],
  [
    opcode.getData,
    row({
      request: requests.read,
      ask: ({ path, watch }) => askRead("getData", path, watch),
      answer: (writer, { data = new Uint8Array(), stat = noStat }) => replies.data.write(writer, { data, stat }),
    }),
  ],
  [
    opcode.getChildren,
    row({
      request: requests.read,
      ask: ({ path, watch }) => askRead("getChildren", path, watch),
      answer: (writer, { children = [] }) => replies.children.write(writer, { children }),
    }),
  ],
  [
    opcode.getChildren2,
    row({
      request: requests.read,
      ask: ({ path, watch }) => askRead("getChildren", path, watch),
      answer: (writer, { children = [], stat = noStat }) => replies.childrenAndStat.write(writer, { children, stat }),
    }),
  ],
  [
    opcode.getAcl,
    row({
      request: requests.path,
      ask: ({ path }) => askRead("getAcl", path, false),
      answer: (writer, { acl = [], stat = noStat }) => replies.acls.write(writer, { acls: acl, stat }),
    }),
  ],
  [
    opcode.setAcl,
    row({
      request: requests.setAcl,
      ask: ({ path, acls: acl, version }) => ({ type: "write", operation: { op: "setAcl", path, acl, version } }),
      answer: (writer, { stat = noStat }) => replies.stat.write(writer, { stat }),
    }),
  ],
  [
    opcode.sync,
    row({
      request: requests.path,
      ask: () => ({ type: "read", read: { kind: "sync", path: "/", watch: false, local: false } }),
      answer: (writer, _, { path }) => replies.path.write(writer, { path }),
    }),
  ],
  [
    opcode.getEphemerals,
    row({
      request: requests.path,
      ask: ({ path }) => ({ type: "read", read: { kind: "getEphemerals", path, watch: false, local: true } }),
      answer: (writer, { children = [] }) => replies.children.write(writer, { children }),
    }),
  ],
  [
    opcode.getAllChildrenNumber,
    row({
      request: requests.path,
      ask: ({ path }) => askRead("getAllChildrenNumber", path, false),
      answer: (writer, { count = 0 }) => writer.int(count),
    }),
  ],
  [
    opcode.addWatch,
    row({ request: requests.watch, ask: askAddWatch, answer: (writer) => replies.error.write(writer, { err: 0 }) }),
  ],
  [opcode.checkWatches, row({ request: requests.watch, ask: askWatches("checkWatches"), answer: () => {} })],
  [opcode.removeWatches, row({ request: requests.watch, ask: askWatches("removeWatches"), answer: () => {} })],
]);

/** Operations of ZooKeeper that are not served, and refused in their turn. */
const unserved = new Set<number>([opcode.sasl]);

/** Reads a request. Undefined: there is no such operation, not in ZooKeeper either. */
export function take(operation: number, body: JuteReader): Taken | undefined {
  const read = rows.get(operation);
  if (read === undefined) return unserved.has(operation) ? headerOnly(zkError.UNIMPLEMENTED) : undefined;
  return unlessMalformed(() => read(body)) ?? headerOnly(zkError.MARSHALLINGERROR);
}
