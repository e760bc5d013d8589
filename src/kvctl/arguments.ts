/** Checks of arguments that need no server: what a server would refuse is refused in its words, before anything is done. */
import { TerrariumError } from "../base/errors.ts";
import { isBuiltIn, pathAdvice, pathProblem, quotePath } from "../base/paths.ts";
import { usage } from "./failures.ts";

/** A path as typed. Sequential: a number follows, so that it may end in a slash. */
export function checkPath(path: string, sequential = false): string {
  const problem = pathProblem(sequential ? `${path}0000000000` : path);
  if (problem === undefined) return path;
  throw new TerrariumError("BAD_ARGUMENTS", `the path ${quotePath(path)} is refused: ${problem}`, pathAdvice(path));
}

/** A path that may be deleted. */
export function checkDeletable(path: string): string {
  if (!isBuiltIn(checkPath(path))) return path;
  const hint = "delete what is below it by name; `kvctl ls` lists it";
  throw new TerrariumError("BAD_ARGUMENTS", `the built-in znode ${path} is never deleted`, hint);
}

/** An expected version: an integer from -1 (any) to 2^31 - 1. */
export function parseVersion(text: string): number {
  const version = Number(text);
  if (/^-?\d+$/.test(text) && (version | 0) === version) return version;
  throw usage(
    `--version: '${text}' is not a version`,
    "give the number that `kvctl stat` shows as version, or -1 for any",
  );
}

/** The path of `name` under `parent`. */
export function childPath(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** The parent of a path; of "/" itself. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}
