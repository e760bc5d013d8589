/**
 * What is in the segments of every server's checkpoints, as it reaches the disk. Segments are read once for all checkers
 * that look at them: each is told of a checkpoint once the batch that completes it is durable.
 */
import { aclEqual } from "../../src/base/acl.ts";
import { bytesEqual } from "../../src/base/bytes.ts";
import type { Index } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { headKey, segmentName } from "../../src/storage/layout.ts";
import { decodeHead } from "../../src/storage/records.ts";
import { checksumBytes } from "../../src/storage/sealed.ts";
import { decodeSegment } from "../../src/storage/segment.ts";
import { viewOf } from "../../src/znode/data-store.ts";
import { Session } from "../../src/znode/sessions.ts";
import type { Znode } from "../../src/znode/stat.ts";
import type { Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** What a removal takes beside a path, or for a session, bytes. */
const removalBytesMax = 12;

/** A row, and the segment that it stands in. */
interface Placed {
  readonly row: Znode | Session;
  readonly segment: number;
}

/** A row that was written as it was. */
export interface Again {
  /** A path, or "session" and an id. */
  readonly name: string;
  /** Where the disk has it already. */
  readonly segment: number;
}

/** The segments of one generation, and what lives in them. */
export class Segments {
  /** By number, rising. */
  readonly #bytes = new Map<number, number>();
  /** By path, or "session" and id: the newest. */
  readonly #rows = new Map<string, Placed>();
  #again: Again[] = [];
  #goneAlready: string[] = [];
  bytes = 0;
  liveBytes = 0;
  /** How many rows took the place of others so far. */
  replaced = 0;

  /** Takes a segment. Returns its bytes without its largest row: before its last row it had at least as many. */
  put(number: number, value: Uint8Array): number {
    const bytes = value.length - checksumBytes;
    this.#bytes.set(number, bytes);
    this.bytes += bytes;
    const { removedPaths, endedSessions, znodes, sessions } = decodeSegment(value, `segment ${number}`);
    for (const path of removedPaths) this.#remove(path);
    for (const id of endedSessions) this.#remove(`session ${id}`);
    for (const znode of znodes) this.#row(znode.path, znode, number);
    for (const session of sessions) this.#row(`session ${session.id}`, session, number);
    let largest = removalBytesMax;
    for (const path of removedPaths) largest = Math.max(largest, removalBytesMax + 3 * path.length);
    for (const rows of [znodes, sessions]) for (const { rowBytes } of rows) largest = Math.max(largest, rowBytes);
    return bytes - largest;
  }

  delete(number: number): void {
    this.bytes -= this.#bytes.get(number) ?? 0;
    this.#bytes.delete(number);
    if (this.#bytes.size > 0) return;
    // A snapshot that was given up: the next one has its number again.
    this.#rows.clear();
    this.liveBytes = 0;
  }

  has(number: number): boolean {
    return this.#bytes.has(number);
  }

  /** Number of the oldest; 0 if there is none. */
  get oldest(): number {
    for (const number of this.#bytes.keys()) return number;
    return 0;
  }

  /** Where the row of this name stands; undefined if there is none. */
  segmentOf(name: string): number | undefined {
    return this.#rows.get(name)?.segment;
  }

  /** Names of the rows that stand in segments from number `first` on. */
  *namesFrom(first: number): IterableIterator<string> {
    for (const [name, { segment }] of this.#rows) if (segment >= first) yield name;
  }

  /** What was written since the last call though it was there, or removed though it was not. */
  takeNeedless(): { readonly again: readonly Again[]; readonly goneAlready: readonly string[] } {
    const needless = { again: this.#again, goneAlready: this.#goneAlready };
    if (this.#again.length > 0) this.#again = [];
    if (this.#goneAlready.length > 0) this.#goneAlready = [];
    return needless;
  }

  #row(name: string, row: Znode | Session, segment: number): void {
    const before = this.#rows.get(name);
    this.liveBytes += row.rowBytes - (before?.row.rowBytes ?? 0);
    this.#rows.set(name, { row, segment });
    if (before === undefined) return;
    this.replaced++;
    if (isSame(before.row, row)) this.#again.push({ name, segment: before.segment });
  }

  #remove(name: string): void {
    const before = this.#rows.get(name);
    if (before === undefined) this.#goneAlready.push(name);
    this.liveBytes -= before?.row.rowBytes ?? 0;
    this.#rows.delete(name);
  }
}

function isSame(a: Znode | Session, b: Znode | Session): boolean {
  if (a instanceof Session) return b instanceof Session && isSameSession(a, b);
  return !(b instanceof Session) && isSameZnode(a, b);
}

function isSameSession(a: Session, b: Session): boolean {
  return (
    a.attachment === b.attachment &&
    a.lastRequestId === b.lastRequestId &&
    a.ackedRequestId === b.ackedRequestId &&
    a.attachOrigin === b.attachOrigin &&
    a.attachProposal === b.attachProposal &&
    a.holder === b.holder &&
    a.timeoutMs === b.timeoutMs &&
    a.openedMs === b.openedMs &&
    bytesEqual(a.password, b.password)
  );
}

function isSameZnode(a: Znode, b: Znode): boolean {
  return (
    a.mzxid === b.mzxid &&
    a.pzxid === b.pzxid &&
    a.czxid === b.czxid &&
    a.version === b.version &&
    a.aversion === b.aversion &&
    a.childCounter === b.childCounter &&
    a.ctime === b.ctime &&
    a.mtime === b.mtime &&
    a.ephemeralOwner === b.ephemeralOwner &&
    a.container === b.container &&
    a.ttlMs === b.ttlMs &&
    aclEqual(a.acl, b.acl) &&
    bytesEqual(viewOf(a), viewOf(b))
  );
}

/** A checkpoint that became durable. */
export interface DurableCheckpoint {
  readonly generation: number;
  /** Its last entry. */
  readonly index: Index;
  /** All of the generation's, those just written among them. */
  readonly segments: Segments;
  /** Number of the first one just written; Infinity if there was none. */
  readonly first: number;
  /** Bytes of those just written. */
  readonly bytes: number;
  /** Of the fullest of these: so many bytes it had at least before its last row. */
  readonly packed: number;
}

/** Who is told of checkpoints. */
export interface CheckpointWatcher {
  checkpoint(server: ServerView, checkpoint: DurableCheckpoint): void;
}

export class SegmentReader implements Observer {
  readonly name = "segments";
  readonly #watchers: readonly CheckpointWatcher[];
  /** By server id and generation. */
  readonly #seen: (Map<number, Segments> | undefined)[] = [];

  constructor(watchers: readonly CheckpointWatcher[]) {
    this.#watchers = watchers;
  }

  durable(server: ServerView, batch: readonly DiskOperation[]): void {
    let bytes = 0;
    let packed = 0;
    let first = Number.POSITIVE_INFINITY;
    let head: Uint8Array | undefined;
    for (const operation of batch) {
      const name = segmentName(operation.key);
      if (name !== undefined) {
        const segments = this.#of(server, name.generation);
        if (operation.type === "delete") {
          segments.delete(name.number);
          continue;
        }
        packed = Math.max(packed, segments.put(name.number, operation.value));
        bytes += operation.value.length;
        first = Math.min(first, name.number);
      } else if (operation.type === "put" && operation.key.length === 1 && operation.key[0] === headKey[0])
        head = operation.value;
    }
    if (head === undefined) return;
    const { generation, index } = decodeHead(head);
    const generations = this.#generations(server);
    if (generations.size > 1) for (const one of generations.keys()) if (one < generation) generations.delete(one);
    const checkpoint = { generation, index, segments: this.#of(server, generation), first, bytes, packed };
    for (const watcher of this.#watchers) watcher.checkpoint(server, checkpoint);
  }

  #generations({ id }: ServerView): Map<number, Segments> {
    const known = this.#seen[id];
    if (known !== undefined) return known;
    const generations = new Map<number, Segments>();
    this.#seen[id] = generations;
    return generations;
  }

  #of(server: ServerView, generation: number): Segments {
    const generations = this.#generations(server);
    const known = generations.get(generation);
    if (known !== undefined) return known;
    const segments = new Segments();
    generations.set(generation, segments);
    return segments;
  }
}
