/**
 * multi and multiRead: several operations in one request. Each has a header in front; a last header, which says that all
 * is done, ends the list. So has each answer: where a multi was refused, the answers of all its parts are errors.
 */
import { limits } from "../base/limits.ts";
import type { MultiPart, PartResult } from "../base/operations.ts";
import type { ReadPart } from "../base/reads.ts";
import { noStat, type TakenChange, takeChange } from "./changes.ts";
import { zkError, zkErrorOf } from "./errors.ts";
import { JuteError, type JuteReader, type JuteWriter } from "./jute.ts";
import { opcode } from "./opcodes.ts";
import { multiHeader, replies, requests } from "./records.ts";
import { headerOnly, type Taken, zkErrorOfRead } from "./taken.ts";

/** The type of an item that is an error, and of the header behind the last item. */
const noType = -1;

/** More than there may be: they would be refused by every server, and are not worth carrying there. */
const tooMany = headerOnly(zkErrorOf("MULTI_TOO_LARGE"));

/** Reads items until the header that says that all are there. Undefined: they are more than there may be. */
function readItems<T>(reader: JuteReader, read: (operation: number) => T): readonly T[] | undefined {
  const items: T[] = [];
  for (;;) {
    const { type, done } = multiHeader.read(reader);
    if (done) return items;
    if (items.length === limits.multiPartsMax) return undefined;
    items.push(read(type));
  }
}

function endItems(writer: JuteWriter): void {
  multiHeader.write(writer, { type: noType, done: true, err: -1 });
}

function writeError(writer: JuteWriter, err: number): void {
  multiHeader.write(writer, { type: noType, done: false, err });
  writer.int(err);
}

/** @throws JuteError */
export function takeMulti(reader: JuteReader): Taken {
  const changes = readItems(reader, (operation): TakenChange => {
    const taken = takeChange(operation, reader);
    if (taken !== undefined) return taken;
    throw new JuteError(`operation ${operation} is no part of a multi`);
  });
  if (changes === undefined) return tooMany;
  const { parts, problem } = partsOf(changes);
  return {
    ask: { type: "write", operation: { op: "multi", parts } },
    answer: (writer, { results = [] }) => {
      for (const [i, { inMulti }] of changes.entries()) {
        multiHeader.write(writer, { type: inMulti.type, done: false, err: 0 });
        inMulti.answer(writer, results[i] ?? {});
      }
      endItems(writer);
    },
    refused: (failure) => {
      const { failedPart } = failure;
      // Refused as a whole: there is no room on the disk.
      if (failedPart === undefined) return zkErrorOf(failure.code);
      const error = problem?.at === failedPart ? problem.error : zkErrorOf(failure.code);
      return (writer) => writeErrors(writer, changes.length, failedPart, error);
    },
  };
}

/**
 * The parts of which the node is asked. One that is refused here already goes as an operation that it does not know, so
 * that those before it are decided as they would be; those behind it are not asked for any more.
 */
function partsOf(changes: readonly TakenChange[]): {
  readonly parts: readonly MultiPart[];
  readonly problem?: { readonly at: number; readonly error: number };
} {
  const parts: MultiPart[] = [];
  for (const { part } of changes) {
    if (typeof part !== "number") parts.push(part);
    else return { parts: [...parts, { op: "unsupported" }], problem: { at: parts.length, error: part } };
  }
  return { parts };
}

/** What was well before the one that failed was not done after all; what comes behind it was not tried. */
function writeErrors(writer: JuteWriter, parts: number, failed: number, error: number): void {
  for (let i = 0; i < parts; i++)
    writeError(writer, i < failed ? zkError.OK : i === failed ? error : zkError.RUNTIMEINCONSISTENCY);
  endItems(writer);
}

/** @throws JuteError */
export function takeMultiRead(reader: JuteReader): Taken {
  const parts = readItems(reader, (operation): ReadPart => {
    if (operation !== opcode.getData && operation !== opcode.getChildren)
      throw new JuteError(`operation ${operation} is no part of a multiRead`);
    // Reads take the empty path for that of the root. None of them arms a watch, whatever its client says.
    const { path } = requests.read.read(reader);
    return { kind: operation === opcode.getData ? "getData" : "getChildren", path: path === "" ? "/" : path };
  });
  if (parts === undefined) return tooMany;
  return {
    ask: { type: "read", read: { kind: "multiRead", path: "/", watch: false, local: true, parts } },
    answer: (writer, { results = [] }) => {
      for (const [i, { kind }] of parts.entries()) writeRead(writer, kind, results[i] ?? {});
      endItems(writer);
    },
  };
}

function writeRead(writer: JuteWriter, kind: ReadPart["kind"], result: PartResult): void {
  const { failure, data = new Uint8Array(), stat = noStat, children = [] } = result;
  if (failure !== undefined) return writeError(writer, zkErrorOfRead(failure));
  const type = kind === "getData" ? opcode.getData : opcode.getChildren;
  multiHeader.write(writer, { type, done: false, err: 0 });
  if (kind === "getData") replies.data.write(writer, { data, stat });
  else replies.children.write(writer, { children });
}
