/** The pages of the browser, as the build left them (`dist/web`): read when they are first asked for, then kept. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** So often at most it is looked whether there are new files. A build may have been running when they were listed. */
const listedAnewMs = 1_000;

/** Files of a build, and bytes of one, that are served: whatever else lies there is none of ours. */
const filesMax = 500;
const fileBytesMax = 8 * 1024 * 1024;

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same, compressed; undefined where that is of no use. */
  readonly gzipped: Buffer | undefined;
  readonly etag: string;
  /** Its name changes with what is in it: whoever has it need not ask again. */
  readonly isImmutable: boolean;
}

export class Pages {
  readonly #directory: string;
  #names: Promise<ReadonlySet<string>> | undefined;
  #listedMs = Number.NEGATIVE_INFINITY;
  readonly #files = new Map<string, Promise<PageFile | undefined>>();

  /** `directory`: with a folder for each page, and `assets`. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The file `name`, with slashes, such as `play/index.html`; undefined if the build has made none of that name. */
  async file(name: string): Promise<PageFile | undefined> {
    // Nothing but what was found there is ever opened, whatever the name looks like.
    if (!(await this.#listed()).has(name) && !(await this.#listedAnew()).has(name)) return undefined;
    let file = this.#files.get(name);
    if (file === undefined) {
      file = readPage(join(this.#directory, name), name.startsWith("assets/"));
      this.#files.set(name, file);
    }
    const found = await file;
    // The next one who asks may have more luck.
    if (found === undefined && this.#files.get(name) === file) this.#files.delete(name);
    return found;
  }

  async #listed(): Promise<ReadonlySet<string>> {
    if (this.#names === undefined) {
      this.#listedMs = performance.now();
      this.#names = namesBelow(this.#directory);
    }
    const names = await this.#names;
    if (names.size === 0) this.#names = undefined;
    return names;
  }

  #listedAnew(): Promise<ReadonlySet<string>> {
    if (performance.now() - this.#listedMs >= listedAnewMs) this.#names = undefined;
    return this.#listed();
  }
}

async function namesBelow(directory: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && types[extname(entry.name)] !== undefined);
    const names = files.map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join("/"));
    return new Set(names.slice(0, filesMax));
  } catch {
    // It was not built.
    return new Set();
  }
}

async function readPage(path: string, isImmutable: boolean): Promise<PageFile | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > fileBytesMax) return undefined;
    const gzipped = await promisify(gzip)(bytes, { level: 9 });
    return {
      type: types[extname(path)] ?? "application/octet-stream",
      bytes,
      gzipped: gzipped.length < bytes.length ? gzipped : undefined,
      etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
      isImmutable,
    };
  } catch {
    // A build that runs at this moment has taken it away.
    return undefined;
  }
}
