/**
 * All znodes of a subtree, parents first, many requests ahead: those next in the order are looked at already, wherever in
 * the tree they are, so that neither a deep tree nor a wide one waits for one answer after the other. What is kept
 * is bounded by numbers of requests, names and bytes.
 */
import { emptyBytes } from "../../base/bytes.ts";
import { childPath } from "../arguments.ts";
import { type MovedZnode, type SeenZnode, type SourceTree, ZnodeRefusal } from "./trees.ts";

/** Znodes that are looked at ahead. */
const aheadMax = 256;
/** Their data, bytes; the next in turn is fetched in any case. */
const aheadBytesMax = 8 * 1024 * 1024;
/** Names that get places in the order at once. */
const namesAtOnce = 256;

/** What is not moved. */
export type LeftOut = "ephemeral" | "builtIn" | "gone" | "refused";

export interface WalkOptions {
  /** Is told of each znode that is left out, with the reason if it was refused. */
  readonly leaveOut: (path: string, why: LeftOut, reason?: string) => void;
  /** Is told of each znode that is not left out, before it comes. */
  readonly see?: (path: string, seen: SeenZnode) => void;
}

/** A place in the order: a znode, or children whose names are known but have no places yet, or more of them. */
interface Place {
  readonly path: string;
  readonly names: readonly string[] | undefined;
  readonly more: boolean;
  next: Place | undefined;
  asked: boolean;
  seen: SeenZnode | undefined;
  data: Uint8Array | undefined;
  fetching: boolean;
  /** The children have their places. */
  expanded: boolean;
  /** It is out, or why the walk ends. */
  out: boolean;
  failure: unknown;
}

function placeOf(path: string, next: Place | undefined, names?: readonly string[], more = false): Place {
  const nothing = { seen: undefined, data: undefined, failure: undefined };
  return { path, names, more, next, asked: false, fetching: false, expanded: false, out: false, ...nothing };
}

/** The znodes at and below `root`. Rejects as the tree's reads do. */
export async function* walk(source: SourceTree, root: string, options: WalkOptions): AsyncGenerator<MovedZnode> {
  const walker = new Walker(source, root, options);
  for (;;) {
    const next = walker.take();
    if (next === "end") return;
    if (next === "wait") await walker.news();
    else yield next;
  }
}

class Walker {
  readonly #source: SourceTree;
  readonly #options: WalkOptions;
  #head: Place | undefined;
  #bytesAhead = 0;
  #wake: () => void = () => {};

  constructor(source: SourceTree, root: string, options: WalkOptions) {
    this.#source = source;
    this.#options = options;
    this.#head = placeOf(root, undefined);
  }

  /** The next znode, if it is there. */
  take(): MovedZnode | "wait" | "end" {
    for (;;) {
      const head = this.#head;
      if (head === undefined) return "end";
      this.#lookAhead(head);
      if (head.failure !== undefined) throw head.failure;
      if (head.names !== undefined && !head.expanded) return "wait";
      if (head.names !== undefined || head.out) {
        this.#head = head.next;
        continue;
      }
      if (head.seen === undefined || head.data === undefined) return "wait";
      if (!head.expanded) this.#expand(head, head.seen);
      this.#head = head.next;
      this.#bytesAhead -= head.seen.dataBytes;
      const { kind, ttlMs, acl } = head.seen;
      return { path: head.path, data: head.data, kind, ttlMs, acl };
    }
  }

  /** Resolves when something was answered. */
  news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Asks for what the next places lack. */
  #lookAhead(head: Place): void {
    let place: Place | undefined = head;
    for (let n = 0; n < aheadMax && place !== undefined; n++, place = place.next) {
      if (place.out) continue;
      if (place.names !== undefined) this.#place(place, place.names);
      else if (!place.asked) this.#look(place);
      else if (place.seen !== undefined) {
        if (!place.fetching) this.#fetch(place, place.seen, place === head);
        // The names of very many are not held for long before they are wanted.
        const few = place.seen.children.length <= namesAtOnce && !place.seen.more;
        if (!place.expanded && few) this.#expand(place, place.seen);
      }
    }
  }

  #look(place: Place): void {
    place.asked = true;
    this.#await(place, this.#source.look(place.path), (seen) => {
      if (seen === undefined) return this.#leaveOut(place, "gone");
      if (seen.kind === "ephemeral") return this.#leaveOut(place, "ephemeral");
      place.seen = seen;
      this.#options.see?.(place.path, seen);
    });
  }

  #fetch(place: Place, seen: SeenZnode, isNext: boolean): void {
    if (!isNext && this.#bytesAhead + seen.dataBytes > aheadBytesMax) return;
    place.fetching = true;
    this.#bytesAhead += seen.dataBytes;
    if (seen.dataBytes === 0) {
      place.data = emptyBytes;
      return;
    }
    this.#await(place, this.#source.data(place.path), (data) => {
      place.data = data;
      if (data === undefined) this.#forget(place, seen, "gone");
    });
  }

  /** Gives the children places behind their parent. */
  #expand(place: Place, { children, more }: SeenZnode): void {
    place.expanded = true;
    if (children.length > 0) place.next = placeOf(place.path, place.next, children, more);
  }

  /** Gives some of the names places of their own, and the rest one together. */
  #place(place: Place, names: readonly string[]): void {
    if (place.expanded || place.asked) return;
    const last = names.at(-1);
    if (names.length === 0 || last === undefined) {
      place.expanded = true;
      return;
    }
    const rest = names.slice(namesAtOnce);
    if (rest.length > 0) place.next = placeOf(place.path, place.next, rest, place.more);
    else if (place.more) {
      const further = placeOf(place.path, place.next, [], false);
      further.asked = true;
      place.next = further;
      this.#await(further, this.#source.moreChildren(place.path, last), (page) => {
        if (page !== undefined && page.children.length > 0)
          further.next = placeOf(place.path, further.next, page.children, page.more);
        further.expanded = true;
      });
    }
    for (const name of names.slice(0, namesAtOnce).toReversed()) {
      const path = childPath(place.path, name);
      const child = placeOf(path, place.next);
      if (path === "/zookeeper") this.#leaveOut(child, "builtIn");
      else place.next = child;
    }
    place.expanded = true;
  }

  #forget(place: Place, seen: SeenZnode, why: LeftOut, reason?: string): void {
    this.#bytesAhead -= seen.dataBytes;
    this.#leaveOut(place, why, reason);
  }

  #leaveOut(place: Place, why: LeftOut, reason?: string): void {
    place.out = true;
    this.#options.leaveOut(place.path, why, reason);
  }

  #await<T>(place: Place, answer: Promise<T>, take: (answer: T) => void): void {
    const refused = (error: unknown): void => {
      if (!(error instanceof ZnodeRefusal)) place.failure = error;
      else if (place.names !== undefined) {
        place.expanded = true;
        this.#options.leaveOut(place.path, "refused", error.message);
      } else if (place.fetching && place.seen !== undefined) this.#forget(place, place.seen, "refused", error.message);
      else this.#leaveOut(place, "refused", error.message);
    };
    answer.then(take, refused).then(
      () => this.#wake(),
      (error: unknown) => {
        place.failure = error;
        this.#wake();
      },
    );
  }
}
