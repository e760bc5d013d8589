/** How to take a path apart and put one together. What a path may look like is in `base/paths.ts`. */

export { configPath, isBuiltIn, pathProblem, quotePath } from "../base/paths.ts";

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
