/** The one-shot watches of one client: what is armed, and which change each of them is to tell of. */
import type { SessionEvent } from "../../../sim/world/history.ts";
import type { Zxid } from "../../../src/base/operations.ts";
import type { WatchKind } from "../../../src/base/reads.ts";
import type { Happening, Read } from "./tree.ts";

/** Something that happened, and when. */
export interface Dated extends Happening {
  readonly zxid: Zxid;
}

const kinds: { readonly [read in Read["read"]]?: WatchKind } = {
  getData: "data",
  exists: "exist",
  getChildren: "children",
};

interface Armed {
  readonly kind: WatchKind;
  readonly path: string;
  /** What it has to tell: the first change behind the read. */
  due: Dated | undefined;
  /** The session has moved since: what came in between may be told as something else, but has to be told. */
  moved: boolean;
  /** Something may have happened that nobody knows for certain. It may fire. */
  doubtful: boolean;
}

export class ModelWatches {
  readonly #armed = new Map<string, Armed>();

  /** A read was answered with what was there at `zxid`; `happened`: all that is known to have happened, or `doubtful`. */
  read(read: Read, found: boolean, zxid: Zxid, happened: readonly Dated[], doubtful: boolean): void {
    const kind = kinds[read.read];
    if (kind === undefined || !read.watch || (!found && kind !== "exist")) return;
    const armed: Armed = { kind, path: read.path, due: undefined, moved: false, doubtful };
    this.#armed.set(`${kind} ${read.path}`, armed);
    const later = happened.filter((one) => one.zxid > zxid);
    notice(armed, later);
  }

  /** This has happened, oldest first. */
  happened(all: readonly Dated[]): void {
    for (const armed of this.#armed.values()) notice(armed, all);
  }

  /** Nobody knows what exactly happened to these paths. */
  doubt(isTouched: (path: string) => boolean): void {
    for (const armed of this.#armed.values()) if (isTouched(armed.path)) armed.doubtful = true;
  }

  /** The session is attached anew. */
  moved(): void {
    for (const armed of this.#armed.values()) armed.moved = true;
  }

  /** An event comes. @throws Error if nothing has happened of which it could tell */
  fired({ event }: SessionEvent): void {
    if (event === undefined) return;
    const key = `${event.kind} ${event.path}`;
    const armed = this.#armed.get(key);
    const told = `${event.type} of ${event.path} at zxid ${event.zxid} (${event.kind})`;
    if (armed === undefined) throw new Error(`an event for which no watch is armed: ${told}`);
    this.#armed.delete(key);
    if (armed.doubtful) return;
    if (armed.due === undefined) throw new Error(`an event, and nothing has happened: ${told}`);
    const { type, zxid } = armed.due;
    if (event.zxid < zxid || (!armed.moved && (event.type !== type || event.zxid !== zxid)))
      throw new Error(`told ${told}, and what came first was ${type} at zxid ${zxid}`);
  }

  /** Nobody waits for it any more. */
  unwatched({ watch }: SessionEvent): void {
    if (watch !== undefined) this.#armed.delete(`${watch.kind} ${watch.path}`);
  }

  /** The client sees the state at `zxid`. @throws Error if it was not told of something that shows there */
  sees(zxid: Zxid): void {
    for (const { kind, path, due, doubtful } of this.#armed.values())
      if (due !== undefined && !doubtful && due.zxid <= zxid)
        throw new Error(`saw zxid ${zxid} before it was told of ${due.type} of ${path} at ${due.zxid} (${kind})`);
  }

  /** The session is over. */
  clear(): void {
    this.#armed.clear();
  }
}

function notice(armed: Armed, all: readonly Dated[]): void {
  armed.due ??= all.find(({ path, type }) => path === armed.path && isTold(armed.kind, type));
}

/** A child that comes or goes is nothing to a watch of the data; what becomes of the data is nothing to one of the children. */
function isTold(kind: WatchKind, type: Happening["type"]): boolean {
  if (kind === "children") return type === "childrenChanged" || type === "deleted";
  return type !== "childrenChanged";
}
