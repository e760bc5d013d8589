/** What a znode's path may look like: ZooKeeper's rules, which the server, the client and kvctl share. */
import { utf8Length } from "./bytes.ts";
import { limits } from "./limits.ts";

const slash = 0x2f;
const dot = 0x2e;

/** Znodes that are present from the start and are never deleted; parents first. */
export const builtInPaths = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"] as const;

/** Tells who the members are. Servers alone write it, and there is nothing below it. */
export const configPath = "/zookeeper/config";

/** Whether a path belongs to the znodes that no client may delete. */
export function isBuiltIn(path: string): boolean {
  return builtInPaths.some((builtIn) => builtIn === path);
}

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

/** What to do about a path that has a {@link pathProblem}: a sentence. */
export function pathAdvice(path: string): string {
  const plain = path.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
  const absolute = plain.startsWith("/") ? plain : `/${plain}`;
  if (path !== "" && absolute !== path && pathProblem(absolute) === undefined) return `try ${quotePath(absolute)}`;
  if (/\p{Surrogate}/u.test(path)) return "half of a surrogate pair is no character: leave it out";
  if (/[\u{10000}-\u{10ffff}]/u.test(path))
    return "as in ZooKeeper, characters above U+FFFF (such as emoji) cannot be in a path";
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return "paths are not resolved: write out where it leads, without . and ..";
  if (utf8Length(path) > limits.pathBytesMax) return "use shorter or fewer names";
  return "paths start with /, have no empty, . or .. segment, and no control or private characters";
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

/** A path for a message: quoted, so that control characters show, and cut when long. */
export function quotePath(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}
