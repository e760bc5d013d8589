/** Where a sequence has its znodes, so that many may run at the same time. */
import { ownFolder, ownPlace } from "./steps.ts";

/** Short paths, as steps have them and transcripts show them, and those that a server is asked for. */
export class Places {
  /** Below this one `root` lies by itself, since its siblings are created, too. */
  readonly folder: string;
  /** What "/" stands for. */
  readonly root: string;

  constructor(name: string) {
    this.folder = `/${name}`;
    this.root = `${this.folder}/t`;
  }

  /** The path that a short one stands for. What is no path, and what is there from the start, is itself. */
  full(short: string): string {
    if (short === "/") return this.root;
    if (short.includes(ownPlace)) return short.replace(ownPlace, this.root);
    if (short.includes(ownFolder)) return short.replace(ownFolder, this.folder);
    return this.#own(short) ? this.root + short : short;
  }

  short(path: string): string {
    return path.startsWith(this.root) ? path.slice(this.root.length) || "/" : path;
  }

  /** Where watches on a short path are; undefined: nowhere of which the sequence is told. */
  watched(short: string): string | undefined {
    return this.#own(short) ? this.full(short) : undefined;
  }

  #own(short: string): boolean {
    return short.startsWith("/") && !short.startsWith("/zookeeper");
  }
}
