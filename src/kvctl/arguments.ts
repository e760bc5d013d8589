/** Checks of arguments that need no server. */
import { usage } from "./failures.ts";

/** A path as typed: it must start with a slash. The server judges the rest. */
export function checkPath(path: string): string {
  if (path.startsWith("/")) return path;
  throw usage(`'${path}' is not a path`, `paths start with /: try '/${path}'`);
}

/** An expected version: an integer from -1 (any) to 2^31 - 1. */
export function parseVersion(text: string): number {
  const version = Number(text);
  if (/^-?\d+$/.test(text) && version >= -1 && version <= 0x7fffffff) return version;
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
