/**
 * Segments: the rows of a checkpoint that were written together, in one value (`Segment` of proto/log.proto). A key of
 * its own for each row would be the simple way, and is dear in LevelDB: see docs/decisions/0006.
 */
import { present } from "../base/assert.ts";
import { isErrorCode } from "../base/errors.ts";
import type { Result, SessionId, Stat } from "../base/operations.ts";
import { terrarium } from "../protocol/generated/messages.js";
import { lengthTag, numberTag } from "../protocol/wire.ts";
import { WireReader } from "../protocol/wire-reader.ts";
import { WireWriter } from "../protocol/wire-writer.ts";
import type { DirtyRows } from "../znode/machine.ts";
import { Session } from "../znode/sessions.ts";
import { Znode } from "../znode/stat.ts";
import { checksum, corrupt, unseal } from "./sealed.ts";

const REMOVED_PATHS = 1;
const ENDED_SESSIONS = 2;
const ZNODES = 3;
const SESSIONS = 4;

/** The rows of a segment. Data of znodes are views on its bytes. */
export interface SegmentRows {
  readonly removedPaths: string[];
  readonly endedSessions: SessionId[];
  readonly znodes: Znode[];
  readonly sessions: Session[];
}

/** A finished segment, for its key. */
export interface Segment {
  readonly value: Uint8Array;
  /** Bytes of the rows of znodes and sessions. */
  readonly rowBytes: number;
  /** Removals. */
  readonly removals: number;
}

type Place = (row: Znode | Session, nth: number, bytes: number) => void;

/** From so many rows on, there is room for a whole segment from the beginning; a last row takes a little more. */
const rowsOfNote = 500;
const rowBytes = 4096;

/**
 * Encodes the rows of a checkpoint into segments of about `segmentBytes`, bit by bit: removals and sessions at once, of
 * the znodes about one segment with each {@link step}, while the state goes on. `place` is told of each row that it went
 * into the segment number `first + nth`, and how many bytes it takes there.
 */
export class SegmentEncoder {
  readonly #znodes: readonly Znode[];
  readonly #segmentBytes: number;
  readonly #place: Place;
  readonly #writer = new WireWriter();
  readonly #room: number;
  readonly #segments: Segment[] = [];
  /** Bytes of rows, and removals, of the segment under way. */
  #rowBytes = 0;
  #removals = 0;
  /** Of the znodes, the next one whose turn comes. */
  #next = 0;

  constructor(rows: DirtyRows, segmentBytes: number, place: Place) {
    this.#znodes = rows.znodes;
    this.#segmentBytes = segmentBytes;
    this.#place = place;
    // Growing as it goes would copy each segment a few times.
    this.#room = rows.znodes.length > rowsOfNote ? segmentBytes + rowBytes : 0;
    this.#writer.begin(this.#room);
    // Removals go first, so that none of them lies in a later segment than a new row of the same path.
    for (const { path } of rows.removedZnodes) this.#remove(() => this.#writer.presentString(REMOVED_PATHS, path));
    for (const { id } of rows.endedSessions) this.#remove(() => this.#writer.uint(ENDED_SESSIONS, id));
    for (const session of rows.sessions) {
      const row = encodeSession(session);
      // With a thousand answers to remember it may have four megabytes: behind others it would fit in no frame to a peer.
      if (this.#writer.mark() + row.length > this.#segmentBytes) this.#finishSegment();
      const before = this.#writer.mark();
      this.#writer.presentBytes(SESSIONS, row);
      this.#wrote(session, before);
    }
  }

  /** Writes znodes until a segment is full. False if there are no more. */
  step(): boolean {
    const before = this.#segments.length;
    for (; this.#segments.length === before; this.#next++) {
      const znode = this.#znodes[this.#next];
      if (znode === undefined) return false;
      // One that has changed since was saved.
      if (!znode.frozen) continue;
      znode.frozen = false;
      this.save(znode);
    }
    return true;
  }

  /** Writes a znode whose turn has not come: it is about to change. */
  save(znode: Znode): void {
    const before = this.#writer.mark();
    writeZnode(this.#writer, znode);
    this.#wrote(znode, before);
  }

  /** All segments, in the order of their numbers, once {@link step} has nothing more to write. */
  finish(): readonly Segment[] {
    this.#finishSegment();
    return this.#segments;
  }

  #wrote(row: Znode | Session, before: number): void {
    const bytes = this.#writer.mark() - before;
    this.#place(row, this.#segments.length, bytes);
    this.#rowBytes += bytes;
    this.#finishIfFull();
  }

  #remove(write: () => void): void {
    write();
    this.#removals++;
    this.#finishIfFull();
  }

  #finishIfFull(): void {
    if (this.#writer.mark() >= this.#segmentBytes) this.#finishSegment();
  }

  #finishSegment(): void {
    if (this.#rowBytes + this.#removals === 0) return;
    const writer = this.#writer;
    writer.raw(checksum(writer.written()));
    this.#segments.push({ value: writer.finish(), rowBytes: this.#rowBytes, removals: this.#removals });
    this.#rowBytes = 0;
    this.#removals = 0;
    writer.begin(this.#room);
  }
}

/** Reads a segment. CORRUPT if anything about it is wrong; `where` names it. */
export function decodeSegment(value: Uint8Array, where: string): SegmentRows {
  const bytes = unseal(value, where);
  try {
    return readSegment(new WireReader(bytes));
  } catch (error) {
    throw corrupt(`${where} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Tells which znodes and sessions have a row in a segment, without making them. CORRUPT as {@link decodeSegment}. */
export function visitNames(
  value: Uint8Array,
  where: string,
  visit: { znode(path: string): void; session(id: SessionId): void },
): void {
  const bytes = unseal(value, where);
  try {
    const reader = new WireReader(bytes);
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === lengthTag(ZNODES)) {
        const outer = reader.enter();
        visit.znode(readPath(reader));
        reader.leave(outer);
      } else if (tag === lengthTag(SESSIONS)) visit.session(decodeSession(reader.bytes()).id);
      else reader.skip(tag);
    }
  } catch (error) {
    throw corrupt(`${where} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

function readSegment(reader: WireReader): SegmentRows {
  const rows: SegmentRows = { removedPaths: [], endedSessions: [], znodes: [], sessions: [] };
  while (reader.more()) {
    const begin = reader.position;
    const tag = reader.tag();
    if (tag === lengthTag(ZNODES)) {
      const outer = reader.enter();
      const znode = readZnode(reader);
      reader.leave(outer);
      znode.rowBytes = reader.position - begin;
      rows.znodes.push(znode);
    } else if (tag === lengthTag(SESSIONS)) {
      const session = decodeSession(reader.bytes());
      session.rowBytes = reader.position - begin;
      rows.sessions.push(session);
    } else if (tag === lengthTag(REMOVED_PATHS)) rows.removedPaths.push(reader.string());
    else if (tag === numberTag(ENDED_SESSIONS)) rows.endedSessions.push(reader.uint());
    else if (tag === lengthTag(ENDED_SESSIONS)) {
      const outer = reader.enter();
      while (reader.more()) rows.endedSessions.push(reader.uint());
      reader.leave(outer);
    } else reader.skip(tag);
  }
  return rows;
}

function writeZnode(writer: WireWriter, znode: Znode): void {
  const mark = writer.mark();
  writer.uint(11, znode.ephemeralOwner);
  writer.int32(10, znode.childCounter);
  writer.int32(9, znode.aversion);
  writer.int32(8, znode.version);
  if (znode.mtime !== znode.ctime) writer.uint(7, znode.mtime);
  writer.uint(6, znode.ctime);
  if (znode.pzxid !== znode.czxid) writer.uint(5, znode.pzxid);
  if (znode.mzxid !== znode.czxid) writer.uint(4, znode.mzxid);
  writer.uint(3, znode.czxid);
  writer.part(2, znode.bytes, znode.start, znode.length);
  writer.string(1, znode.path);
  writer.nest(ZNODES, mark);
}

/** The path of a znode's row. It is written first: the rest is not looked at. */
function readPath(reader: WireReader): string {
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) return reader.string();
    reader.skip(tag);
  }
  throw corrupt("a znode without its path");
}

function readZnode(reader: WireReader): Znode {
  let path = "";
  let data: Uint8Array = noBytes;
  let czxid = 0;
  let mzxid = 0;
  let pzxid = 0;
  let ctime = 0;
  let mtime = 0;
  let version = 0;
  let aversion = 0;
  let childCounter = 0;
  let ephemeralOwner = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) path = reader.string();
    else if (tag === lengthTag(2)) data = reader.bytes();
    else if (tag === numberTag(3)) czxid = reader.uint();
    else if (tag === numberTag(4)) mzxid = reader.uint();
    else if (tag === numberTag(5)) pzxid = reader.uint();
    else if (tag === numberTag(6)) ctime = reader.uint();
    else if (tag === numberTag(7)) mtime = reader.uint();
    else if (tag === numberTag(8)) version = reader.int32();
    else if (tag === numberTag(9)) aversion = reader.int32();
    else if (tag === numberTag(10)) childCounter = reader.int32();
    else if (tag === numberTag(11)) ephemeralOwner = reader.uint();
    else reader.skip(tag);
  }
  if (path === "") throw corrupt("a znode without its path");
  const znode = new Znode(path, data, ephemeralOwner, czxid, ctime);
  znode.mzxid = mzxid === 0 ? czxid : mzxid;
  znode.pzxid = pzxid === 0 ? czxid : pzxid;
  znode.mtime = mtime === 0 ? ctime : mtime;
  znode.version = version;
  znode.aversion = aversion;
  znode.childCounter = childCounter;
  return znode;
}

const noBytes = new Uint8Array(0);

function encodeSession(session: Session): Uint8Array {
  const { id, password, timeoutMs, attachment, attachOrigin, attachProposal } = session;
  const { lastRequestId, ackedRequestId, holder } = session;
  const answers: terrarium.IRememberedAnswer[] = [];
  for (let request = ackedRequestId + 1; request <= lastRequestId; request++) {
    const { zxid, result } = present(session.results.get(request), "an answer that is not acknowledged");
    answers.push({ zxid, ...answerOf(result) });
  }
  const numbers = { attachment, attachOrigin, attachProposal, lastRequestId, ackedRequestId, holder };
  return terrarium.SessionRow.encode({ id, password, timeoutMs, ...numbers, answers }).finish();
}

function answerOf(result: Result): terrarium.IRememberedAnswer {
  if (result.failure !== undefined) return { failure: { ...result.failure } };
  const { path, stat } = result;
  return { ...(path === undefined ? {} : { path }), ...(stat === undefined ? {} : { stat: { ...stat } }) };
}

function decodeSession(bytes: Uint8Array): Session {
  const row = terrarium.SessionRow.decode(bytes);
  if (row.id === 0) throw corrupt("a session without its id");
  const session = new Session(row.id, new Uint8Array(row.password), row.timeoutMs);
  session.holder = row.holder;
  session.attachment = row.attachment;
  session.attachOrigin = row.attachOrigin;
  session.attachProposal = row.attachProposal;
  session.lastRequestId = row.lastRequestId;
  session.ackedRequestId = row.ackedRequestId;
  if (row.answers.length !== row.lastRequestId - row.ackedRequestId)
    throw corrupt(`session ${row.id} lacks answers that it should remember`);
  row.answers.forEach((answer, i) => {
    session.results.set(row.ackedRequestId + 1 + i, { zxid: answer.zxid ?? 0, result: resultOf(answer) });
  });
  return session;
}

function resultOf({ failure, path, stat }: terrarium.IRememberedAnswer): Result {
  if (failure !== undefined && failure !== null) {
    const code = failure.code ?? "";
    if (!isErrorCode(code)) throw corrupt(`a remembered answer with the unknown error code "${code}"`);
    return { failure: { code, message: failure.message ?? "" } };
  }
  return {
    ...(path === undefined || path === null ? {} : { path }),
    ...(stat === undefined || stat === null ? {} : { stat: statFrom(stat) }),
  };
}

function statFrom(stat: terrarium.IStat): Stat {
  return {
    czxid: stat.czxid ?? 0,
    mzxid: stat.mzxid ?? 0,
    pzxid: stat.pzxid ?? 0,
    ctime: stat.ctime ?? 0,
    mtime: stat.mtime ?? 0,
    version: stat.version ?? 0,
    cversion: stat.cversion ?? 0,
    aversion: stat.aversion ?? 0,
    ephemeralOwner: stat.ephemeralOwner ?? 0,
    dataLength: stat.dataLength ?? 0,
    numChildren: stat.numChildren ?? 0,
  };
}
