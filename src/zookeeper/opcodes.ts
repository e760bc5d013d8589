/**
 * What clients may ask for: a row for each operation says how its request is read, what it asks of the node, and how the
 * answer is written. Ping, setWatches and closeSession, which are more than requests, are in `conversation.ts`.
 */
import type { Read, ReadKind, Stat, Success } from "../base/operations.ts";
import type { RequestBody } from "../protocol/client-messages.ts";
import { zkError } from "./errors.ts";
import { type Codec, type JuteReader, type JuteWriter, unlessMalformed } from "./jute.ts";
import { type Acl, type CreateRequest, replies, requests } from "./records.ts";

/** Operations by their numbers. */
export const opcode = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  createTtl: 21,
  multiRead: 22,
  closeSession: -11,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
} as const;

/** What one request comes to. */
export interface Taken {
  /** Asked of the node; an error: answered with that, in its turn. */
  readonly ask: RequestBody | { readonly error: number };
  /** Writes what follows the header of an answer without an error. */
  readonly answer: (writer: JuteWriter, success: Success) => void;
}

interface Row<T> {
  readonly request: Codec<T>;
  /** What it asks of the node, or ZooKeeper's code for what is wrong with it. */
  readonly ask: (request: T) => RequestBody | number;
  readonly answer: (writer: JuteWriter, success: Success, request: T) => void;
}

type Take = (reader: JuteReader) => Taken;

/** @throws JuteError */
function row<T>({ request: codec, ask, answer }: Row<T>): Take {
  return (reader) => {
    const request = codec.read(reader);
    const asked = ask(request);
    return {
      ask: typeof asked === "number" ? { error: asked } : asked,
      answer: (writer, success) => answer(writer, success, request),
    };
  };
}

const noStat: Stat = {
  ...{ czxid: 0, mzxid: 0, pzxid: 0, ctime: 0, mtime: 0, version: 0, cversion: 0, aversion: 0 },
  ...{ ephemeralOwner: 0, dataLength: 0, numChildren: 0 },
};

/** Everybody may do everything: the only list that there is here so far. */
const openAcl: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];

/** ZooKeeper's code for what is wrong with a list; undefined: it is the open one. */
function aclProblem(acls: readonly Acl[]): number | undefined {
  if (acls.length === 0) return zkError.INVALIDACL;
  const [open] = openAcl;
  // To take a list that is not kept to would be a lie: others could do what its author believes to have forbidden.
  for (const { perms, scheme, id } of acls)
    if (perms !== open?.perms || scheme !== open.scheme || id !== open.id) return zkError.UNIMPLEMENTED;
  return undefined;
}

/** Flags of a create: 1 ephemeral, 2 sequential, 3 both; 4 to 6 are containers and those with a time to live. */
function createProblem({ path, acls, flags }: CreateRequest): number | undefined {
  if (flags < 0 || flags > 6) return zkError.BADARGUMENTS;
  if (flags > 3) return zkError.UNIMPLEMENTED;
  if (!path.includes("/") || path.includes("\0")) return zkError.BADARGUMENTS;
  return aclProblem(acls);
}

function askCreate(request: CreateRequest): RequestBody | number {
  const { path, data, flags } = request;
  const problem = createProblem(request);
  if (problem !== undefined) return problem;
  const kind = { ephemeral: (flags & 1) !== 0, sequential: (flags & 2) !== 0 };
  return { type: "write", operation: { op: "create", path, data, ...kind } };
}

/** ZooKeeper answers reads from the server that the client is attached to. */
function askRead(kind: ReadKind, path: string, watch: boolean): RequestBody {
  // Reads take the empty path for that of the root; a watch there would never fire.
  const place = path === "" ? { path: "/", watch: false } : { path, watch };
  const read: Read = { kind, ...place, local: true };
  return { type: "read", read };
}

const rows = new Map<number, Take>([
  [
    opcode.create,
    row({
      request: requests.create,
      ask: askCreate,
      answer: (writer, { path = "" }) => replies.path.write(writer, { path }),
    }),
  ],
  [
    opcode.create2,
    row({
      request: requests.create,
      ask: askCreate,
      answer: (writer, { path = "", stat = noStat }) => replies.pathAndStat.write(writer, { path, stat }),
    }),
  ],
  [
    opcode.delete,
    row({
      request: requests.delete,
      ask: ({ path, version }) =>
        path.includes("\0") ? zkError.BADARGUMENTS : { type: "write", operation: { op: "delete", path, version } },
      answer: () => {},
    }),
  ],
  [
    opcode.setData,
    row({
      request: requests.setData,
      // All may read it, and nobody write: clients would connect to whatever servers it names.
      ask: ({ path, data, version }) =>
        path === "/zookeeper/config"
          ? zkError.NOAUTH
          : { type: "write", operation: { op: "setData", path, data, version } },
      answer: (writer, { stat = noStat }) => replies.stat.write(writer, { stat }),
    }),
  ],
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
      ask: ({ path }) => askRead("exists", path, false),
      answer: (writer, { stat = noStat }) => replies.acls.write(writer, { acls: openAcl, stat }),
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
  [opcode.reconfig, row({ request: requests.reconfig, ask: () => zkError.RECONFIGDISABLED, answer: () => {} })],
]);

/** Operations of ZooKeeper that are not served, and refused in their turn. */
const unserved = new Set<number>([
  ...[opcode.setAcl, opcode.check, opcode.multi, opcode.checkWatches, opcode.removeWatches, opcode.createContainer],
  ...[opcode.createTtl, opcode.multiRead, opcode.auth, opcode.sasl, opcode.getEphemerals],
  ...[opcode.getAllChildrenNumber, opcode.setWatches2, opcode.addWatch, opcode.whoAmI],
]);

/** An answer that is an error, whatever the node would say. */
export function failing(error: number): Taken {
  return { ask: { error }, answer: () => {} };
}

/** Reads a request. Undefined: there is no such operation, not in ZooKeeper either. */
export function take(operation: number, body: JuteReader): Taken | undefined {
  const read = rows.get(operation);
  if (read === undefined) return unserved.has(operation) ? failing(zkError.UNIMPLEMENTED) : undefined;
  return unlessMalformed(() => read(body)) ?? failing(zkError.MARSHALLINGERROR);
}
