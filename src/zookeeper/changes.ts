/**
 * The operations that change the tree, and check, which does as if: a row for each says how its request is read, what the
 * node is to do, and how the answer is written. Each may be asked for alone or as a part of a multi.
 */
import { type Acl, aclEqual, openAcl } from "../base/acl.ts";
import type { MultiPart, PartResult, PlainCreate, Stat } from "../base/operations.ts";
import { ttlProblem } from "../base/znode-kinds.ts";
import { zkError, zkErrorOf } from "./errors.ts";
import type { Codec, JuteReader, JuteWriter } from "./jute.ts";
import { opcode } from "./opcodes.ts";
import { type CreateRequest, type CreateTtlRequest, replies, requests } from "./records.ts";
import type { Take } from "./taken.ts";

/** What one change comes to. */
export interface TakenChange {
  /** What the node is to do, or ZooKeeper's code for what is wrong with it. */
  readonly part: MultiPart | number;
  /** What its answer is within that of a multi. */
  readonly inMulti: InMulti;
  readonly answer: (writer: JuteWriter, result: PartResult) => void;
}

/** An answer within that of a multi: the operation that it is said to be of, and how it is written. */
interface InMulti {
  readonly type: number;
  readonly answer: (writer: JuteWriter, result: PartResult) => void;
}

interface Row<T> {
  readonly request: Codec<T>;
  readonly part: (request: T) => MultiPart | number;
  /** Left out: as if it had been asked for alone. */
  readonly inMulti?: InMulti;
  readonly answer: (writer: JuteWriter, result: PartResult) => void;
}

/** @throws JuteError */
type TakeChange = (reader: JuteReader) => TakenChange;

function row<T>(operation: number, { request: codec, part, answer, inMulti }: Row<T>): TakeChange {
  const within = inMulti ?? { type: operation, answer };
  return (reader) => ({ part: part(codec.read(reader)), inMulti: within, answer });
}

/** What stands in for the Stat of an answer that has none. */
export const noStat: Stat = {
  ...{ czxid: 0, mzxid: 0, pzxid: 0, ctime: 0, mtime: 0, version: 0, cversion: 0, aversion: 0 },
  ...{ ephemeralOwner: 0, dataLength: 0, numChildren: 0 },
};

/**
 * Flags of creates: 1 ephemeral, 2 sequential, 3 both; 4 container; 5 time to live, 6 that and sequential. `allowed`: those
 * of the operation.
 */
function createProblem({ path, flags }: CreateRequest, allowed: readonly number[]): number | undefined {
  if (!allowed.includes(flags)) return zkError.BADARGUMENTS;
  return !path.includes("/") || path.includes("\0") ? zkError.BADARGUMENTS : undefined;
}

/**
 * A client of ZooKeeper says each time who may do what; mostly it is everybody and everything, which a znode that is given
 * no list has too (but for a built-in one, which nobody creates). The path of a sequential znode is not known yet.
 */
function withAcl(create: PlainCreate, acl: Acl): MultiPart {
  return aclEqual(acl, openAcl) ? create : { op: "createWithAcl", acl, create };
}

function createPart(request: CreateRequest): MultiPart | number {
  const { path, data, flags, acls } = request;
  // A plain create with the flag of a container makes a znode that stays, in ZooKeeper too.
  const problem = createProblem(request, [0, 1, 2, 3, 4]);
  if (problem !== undefined) return problem;
  return withAcl({ op: "create", path, data, ephemeral: (flags & 1) !== 0, sequential: (flags & 2) !== 0 }, acls);
}

function createContainerPart(request: CreateRequest): MultiPart | number {
  const { path, data, acls } = request;
  return createProblem(request, [4]) ?? withAcl({ op: "createContainer", path, data }, acls);
}

function createTtlPart(request: CreateTtlRequest): MultiPart | number {
  const { path, data, flags, acls, ttlMs } = request;
  if (ttlProblem(ttlMs) !== undefined) return zkError.BADARGUMENTS;
  const create: PlainCreate = { op: "createTtl", path, data, sequential: flags === 6, ttlMs };
  return createProblem(request, [5, 6]) ?? withAcl(create, acls);
}

function answerPathAndStat(writer: JuteWriter, { path = "", stat = noStat }: PartResult): void {
  replies.pathAndStat.write(writer, { path, stat });
}

function answerPath(writer: JuteWriter, { path = "" }: PartResult): void {
  replies.path.write(writer, { path });
}

const changes = new Map<number, TakeChange>([
  [
    opcode.create,
    row(opcode.create, {
      request: requests.create,
      part: createPart,
      answer: answerPath,
    }),
  ],
  [
    opcode.create2,
    row(opcode.create2, {
      request: requests.create,
      part: createPart,
      answer: answerPathAndStat,
      // Within a multi ZooKeeper takes it for a create.
      inMulti: { type: opcode.create, answer: answerPath },
    }),
  ],
  [
    opcode.createContainer,
    row(opcode.createContainer, {
      request: requests.create,
      part: createContainerPart,
      answer: answerPathAndStat,
      inMulti: { type: opcode.create2, answer: answerPathAndStat },
    }),
  ],
  [
    opcode.createTtl,
    row(opcode.createTtl, {
      request: requests.createTtl,
      part: createTtlPart,
      answer: answerPathAndStat,
      inMulti: { type: opcode.create2, answer: answerPathAndStat },
    }),
  ],
  [
    opcode.delete,
    row(opcode.delete, {
      request: requests.delete,
      part: ({ path, version }) => (path.includes("\0") ? zkError.BADARGUMENTS : { op: "delete", path, version }),
      answer: () => {},
    }),
  ],
  [
    opcode.setData,
    row(opcode.setData, {
      request: requests.setData,
      part: ({ path, data, version }) => ({ op: "setData", path, data, version }),
      answer: (writer, { stat = noStat }) => replies.stat.write(writer, { stat }),
    }),
  ],
  [
    opcode.check,
    row(opcode.check, {
      request: requests.delete,
      part: ({ path, version }) => ({ op: "check", path, version }),
      answer: () => {},
    }),
  ],
]);

/**
 * Reads a change. Undefined: there is none with this number.
 * @throws JuteError
 */
export function takeChange(operation: number, reader: JuteReader): TakenChange | undefined {
  return changes.get(operation)?.(reader);
}

/** The rows of the changes for requests of their own. */
export const changesAlone: readonly (readonly [number, Take])[] = [...changes].map(([operation, take]) => [
  operation,
  (reader) => {
    const { part, answer } = take(reader);
    if (typeof part === "number") return { ask: { error: part }, answer };
    if (part.op !== "check" && part.op !== "unsupported") return { ask: { type: "write", operation: part }, answer };
    // The node knows it as a part only.
    return {
      ask: { type: "write", operation: { op: "multi", parts: [part] } },
      answer: (writer, { results: [result = {}] = [] }) => answer(writer, result),
      refused: ({ code }) => zkErrorOf(code),
    };
  },
]);
