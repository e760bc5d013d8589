/** Which test files may notice a change of a source file: those whose imports lead to it, the nearest first. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { root } from "../../root.ts";

/** Folders with tests of the code itself. */
const folders = ["test/unit", "test/property", "test/paper"];

/** Imports of values: those of types are gone when the code runs. */
const imports = /(?:^|\n)\s*(?:import|export)\s+(?!type\b)[^"'`;]*?from\s+"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/g;

/** What a file of the checkout imports: paths from the root, without those of packages. */
export function importsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(imports)].map(([, named, called]) =>
    posix.normalize(posix.join(posix.dirname(file), named ?? called ?? "")),
  );
}

/** The tests of the checkout and how far it is from each to the files that they use. */
export class TestFiles {
  /** By test file: its steps to each file that it leads to. */
  readonly #reach = new Map<string, ReadonlyMap<string, number>>();
  readonly #imports = new Map<string, readonly string[]>();

  constructor() {
    for (const folder of folders)
      for (const name of readdirSync(root + folder)) {
        const test = `${folder}/${name}`;
        if (name.endsWith(".test.ts")) this.#reach.set(test, this.#stepsFrom(test));
      }
  }

  /**
   * Tests that lead to `file`, a path from the root: the nearest first, and in the order of their names. Those that only do
   * by way of the simulator are not among them: it has had its turn.
   */
  of(file: string): readonly string[] {
    const near = [...this.#reach].flatMap(([test, steps]) => {
      const far = steps.get(file);
      return far === undefined ? [] : [{ test, far }];
    });
    near.sort((a, b) => a.far - b.far || (a.test < b.test ? -1 : 1));
    return near.map(({ test }) => test);
  }

  #stepsFrom(test: string): ReadonlyMap<string, number> {
    const steps = new Map([[test, 0]]);
    // A map is gone through in the order in which it is filled, with what comes to it meanwhile.
    for (const [file, far] of steps)
      for (const next of this.#importsOf(file)) if (!steps.has(next)) steps.set(next, far + 1);
    return steps;
  }

  #importsOf(file: string): readonly string[] {
    let found = this.#imports.get(file);
    if (found === undefined) {
      const leads = !/^(?:sim|labs|bench|web|scripts)\//.test(file) && file.endsWith(".ts") && existsSync(root + file);
      found = leads ? importsOf(file, readFileSync(root + file, "utf8")) : [];
      this.#imports.set(file, found);
    }
    return found;
  }
}
