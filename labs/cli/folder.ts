/** The reader's folder: `my-labs/` in the checkout, which git ignores. Nothing in it is ever overwritten. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { UsageError } from "../../sim/cli/command.ts";
import { root } from "../../sim/cli/root.ts";
import { sourceOf } from "./blank.ts";
import { writeCompilerSettings } from "./compile.ts";

/** Where the labs of a reader are, as shown; tests have another place. */
export const defaultHome = "my-labs";

/** What is known of a lab that was begun; `lab.json` in its folder. */
export interface Begun {
  /** By file, the hash of the source as it was then. */
  readonly sources: Readonly<Record<string, string>>;
  /** For a planted bug: which. */
  readonly bug?: { readonly seed: number };
}

/** A lab's folder. */
export class LabFolder {
  /** From the root of the checkout, as it is shown: "my-labs/grant-a-vote". */
  readonly name: string;
  readonly path: string;
  readonly #home: string;

  constructor(name: string, home: string = defaultHome) {
    this.#home = join(root, home);
    this.path = join(this.#home, name);
    this.name = `${home}/${name}`;
  }

  get exists(): boolean {
    return existsSync(join(this.path, "lab.json"));
  }

  /** Puts `files` there, with the compiler's settings and the text of the task. Throws {@link UsageError} if it is there. */
  create(files: ReadonlyMap<string, string>, task: string, bug?: { readonly seed: number }): void {
    if (existsSync(this.path))
      throw new UsageError(
        `${this.name} is there already, and what is in it is yours: go on there, or begin anew with "reset".`,
      );
    for (const [file, text] of files) {
      const path = join(this.path, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    writeFileSync(join(this.path, "README.md"), task);
    writeCompilerSettings(this.path);
    const sources = Object.fromEntries([...files.keys()].map((file) => [file, hashOf(sourceOf(file))]));
    const begun: Begun = { sources, ...(bug === undefined ? {} : { bug }) };
    writeFileSync(join(this.path, "lab.json"), `${JSON.stringify(begun, null, 2)}\n`);
  }

  /** What is known of its beginning. */
  get begun(): Begun {
    return JSON.parse(readFileSync(join(this.path, "lab.json"), "utf8")) as Begun;
  }

  /** The reader's files, by path from the root of the checkout whose files they stand for. */
  files(): Map<string, string> {
    const found = new Map<string, string>();
    for (const entry of readdirSync(this.path, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = join(entry.parentPath, entry.name);
      found.set(relative(this.path, path).split(sep).join("/"), readFileSync(path, "utf8"));
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Files of the checkout that have changed since the lab was begun. */
  outdated(): string[] {
    return Object.entries(this.begun.sources).flatMap(([file, hash]) =>
      existsSync(root + file) && hashOf(sourceOf(file)) === hash ? [] : [file],
    );
  }

  /** Puts what is there aside, and returns where it is now. */
  putAside(): string {
    const before = join(this.#home, "before");
    mkdirSync(before, { recursive: true });
    const own = this.path.slice(this.#home.length + 1);
    let nth = 1;
    while (existsSync(join(before, `${own}-${nth}`))) nth++;
    renameSync(this.path, join(before, `${own}-${nth}`));
    return `${this.name.slice(0, -own.length)}before/${own}-${nth}`;
  }

  /** A file beside the answer. */
  read(file: string): string {
    return readFileSync(join(this.path, file), "utf8");
  }

  /** Writes a file beside the answer; returns its name as it is shown. */
  write(file: string, text: string): string {
    writeFileSync(join(this.path, file), text);
    return `${this.name}/${file}`;
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Which labs a reader has passed, and how many hints were shown of each; `progress.json` in the reader's folder. */
export interface Progress {
  readonly passed: Readonly<Record<string, string>>;
  readonly hints: Readonly<Record<string, number>>;
}

/** The progress that was kept. */
export function readProgress(home: string = defaultHome): Progress {
  const file = join(root, home, "progress.json");
  if (!existsSync(file)) return { passed: {}, hints: {} };
  return JSON.parse(readFileSync(file, "utf8")) as Progress;
}

/** Keeps it. */
export function writeProgress(progress: Progress, home: string = defaultHome): void {
  mkdirSync(join(root, home), { recursive: true });
  writeFileSync(join(root, home, "progress.json"), `${JSON.stringify(progress, null, 2)}\n`);
}
