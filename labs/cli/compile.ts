/** Compiles the files of an answer where they lie, against the rest of the checkout. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { root } from "../../sim/cli/root.ts";

/** What the compiler has to say of a line. */
export interface Problem {
  /** Path from the root of the checkout. */
  readonly file: string;
  /** From 1; 0 if it is about no line. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The line itself. */
  readonly text: string;
}

/**
 * Writes the compiler's settings into a lab's folder; editors find them there too. The folder counts as one with the
 * checkout, so that an import of a file that is not in it finds the one that is there.
 */
export function writeCompilerSettings(folder: string): void {
  const top = relative(folder, resolve(root)) || ".";
  const settings = {
    extends: `${top}/tsconfig.json`,
    compilerOptions: {
      noEmit: true,
      incremental: false,
      tsBuildInfoFile: null,
      rootDir: top,
      rootDirs: [".", top],
      typeRoots: [`${top}/node_modules/@types`],
      // A rule that is not finished leaves much unused.
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ["src/**/*.ts", "sim/**/*.ts", "labs/**/*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), `${JSON.stringify(settings, null, 2)}\n`);
}

/** What is wrong with the types of the files in `folder`; empty if nothing is. */
export async function compile(folder: string): Promise<Problem[]> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const output = await new Promise<string>((done, failed) => {
    const args = [tsc, "-p", folder, "--pretty", "false"];
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      // It ends with a code if it has something to say; anything else is no news of the answer.
      if (error !== null && typeof error.code !== "number") failed(error);
      else if (stdout === "" && error !== null) failed(new Error(`the compiler failed: ${stderr.trim()}`));
      else done(stdout);
    });
  });
  return output.split("\n").flatMap(problemIn);
}

function problemIn(line: string): Problem[] {
  const match = /^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/.exec(line);
  if (match === null) {
    const alone = /^error (TS\d+: .*)$/.exec(line)?.[1];
    return alone === undefined ? [] : [{ file: "", line: 0, column: 0, message: alone, text: "" }];
  }
  const [, file = "", at = "0", column = "0", message = ""] = match;
  const path = resolve(root, file);
  const text = existsSync(path) ? (readFileSync(path, "utf8").split("\n")[Number(at) - 1] ?? "") : "";
  return [{ file, line: Number(at), column: Number(column), message, text }];
}
