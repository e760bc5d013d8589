/** What a path may look like, and how to take it apart: ZooKeeper's rules. */
import { utf8Length } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";

const slash = 0x2f;
const dot = 0x2e;

/** Why `path` is not the path of a znode, as the end of a sentence; `undefined` if it is one. */
export function pathProblem(path: string): string | undefined {
  if (path.charCodeAt(0) !== slash) return 'it does not start with "/"';
  if (isTooLong(path)) return `it is longer than ${limits.pathBytesMax} bytes`;
  if (path.length === 1) return undefined;
  let segment = 1;
  for (let i = 1; i <= path.length; i++) {
    const unit = i < path.length ? path.charCodeAt(i) : slash;
    if (unit === slash) {
      const problem = segmentProblem(path, segment, i);
      if (problem !== undefined) return problem;
      segment = i + 1;
    } else if (isForbidden(unit)) {
      return `it contains the character U+${unit.toString(16).toUpperCase().padStart(4, "0")}`;
    }
  }
  return undefined;
}

function isTooLong(path: string): boolean {
  // A code unit takes one to three bytes, so that most paths need no count.
  if (path.length > limits.pathBytesMax) return true;
  return path.length * 3 > limits.pathBytesMax && utf8Length(path) > limits.pathBytesMax;
}

function segmentProblem(path: string, start: number, end: number): string | undefined {
  const length = end - start;
  if (length === 0) return end === path.length ? 'it ends with "/"' : "it has an empty segment";
  if (length > 2 || path.charCodeAt(start) !== dot) return undefined;
  if (length === 1) return 'it has a "." segment';
  return path.charCodeAt(start + 1) === dot ? 'it has a ".." segment' : undefined;
}

/**
 * Whether a UTF-16 unit may not occur in a path. As in ZooKeeper, whose check sees units and not characters, the
 * surrogates are among them, and with them every character above U+FFFF.
 */
function isForbidden(unit: number): boolean {
  if (unit < 0x7f) return unit < 0x20;
  return unit <= 0x9f || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0;
}

/**
 * The path before the last slash, "/" for those directly under the root. The path need not be valid: a create looks up
 * the parent before it looks at the name. `undefined` if there is no slash at all.
 */
export function parentPath(path: string): string | undefined {
  const last = path.lastIndexOf("/");
  if (last <= 0) return last === 0 ? "/" : undefined;
  return path.slice(0, last);
}

/** The last segment. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The path of a child. */
export function childPath(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/**
 * What a sequential create appends: the parent's child counter, a signed 32-bit integer, in ten places (eleven below
 * -999,999,999), filled with zeros behind the sign.
 */
export function sequenceSuffix(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, "0")}` : String(counter).padStart(10, "0");
}

/** A path for a message: quoted, so that control characters show, and cut when long. */
export function quotePath(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}
