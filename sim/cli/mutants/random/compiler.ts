/**
 * The pure rooms as the compiler sees them: their syntax trees, their types, and what it says of a changed file. It is the
 * compiler of the project itself, kept running, so that a change costs it milliseconds.
 */
import { join, resolve } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { API, type Project } from "typescript/unstable/sync";
import { roomFiles } from "../../rooms.ts";
import { root } from "../../root.ts";

/** A file of the pure rooms. */
export interface Source {
  /** Path from the root of the checkout. */
  readonly file: string;
  readonly text: string;
  readonly tree: SourceFile;
}

/** The compiler at work. `close` ends it: until then a process runs. */
export class Compiler {
  readonly #api: API;
  readonly #changed = new Map<string, string>();
  #project: Project;

  /** `texts`, by path from the root, take the place of files of the checkout. */
  constructor(texts: ReadonlyMap<string, string> = new Map()) {
    for (const [file, text] of texts) this.#changed.set(resolve(root, file), text);
    const at = resolve(root);
    const config = join(at, "tsconfig.pure-rooms.json");
    // There is no such file: the compiler is told what would be in it.
    const settings = JSON.stringify({
      extends: "./tsconfig.json",
      compilerOptions: { incremental: false, tsBuildInfoFile: null },
      files: roomFiles(),
      include: [],
    });
    this.#api = new API({
      cwd: at,
      fs: {
        readFile: (path) => (resolve(path) === config ? settings : this.#changed.get(resolve(path))),
        fileExists: (path) => (resolve(path) === config ? true : undefined),
      },
    });
    this.#project = project(this.#api, { openProjects: [config] });
  }

  /** The files, in the order of their paths. */
  sources(): readonly Source[] {
    return roomFiles().map((file) => {
      const tree = this.#project.program.getSourceFile(resolve(root, file));
      if (tree === undefined) throw new Error(`the compiler does not know ${file}`);
      return { file, text: tree.text, tree };
    });
  }

  /**
   * What the compiler says of `file` if it reads `text`, first things first; empty if it takes it. It is asked about this
   * file only.
   */
  complaints(file: string, text: string): readonly string[] {
    const path = resolve(root, file);
    const before = this.#changed.get(path);
    this.#changed.set(path, text);
    const { program } = this.#reread(path);
    const said = [...program.getSyntacticDiagnostics(path), ...program.getSemanticDiagnostics(path)];
    if (before === undefined) this.#changed.delete(path);
    else this.#changed.set(path, before);
    this.#reread(path);
    return said.map(({ text: words }) => words);
  }

  /** Data properties of the same object that have the same type as the one that is read or written at `access`. */
  alike(object: Node, access: Node): readonly string[] {
    const { checker } = this.#project;
    const [of, wanted] = [checker.getTypeAtLocation(object), checker.getTypeAtLocation(access)];
    if (of === undefined || wanted === undefined) return [];
    const type = checker.typeToString(wanted);
    if (type.includes("=>") || type === "any") return [];
    const properties = checker.getPropertiesOfType(of);
    const types = checker.getTypeOfSymbol(properties);
    return properties.flatMap(({ name }, i) => {
      const its = types[i];
      // The compiler mangles private names.
      return its !== undefined && checker.typeToString(its) === type ? [name.replace(/^__#\d+@/, "")] : [];
    });
  }

  close(): void {
    this.#api.close();
  }

  #reread(path: string): Project {
    this.#project = project(this.#api, { fileChanges: { changed: [path] } });
    return this.#project;
  }
}

function project(api: API, params: Parameters<API["updateSnapshot"]>[0]): Project {
  const [only] = api.updateSnapshot(params).getProjects();
  if (only === undefined) throw new Error("the compiler has no project");
  return only;
}
