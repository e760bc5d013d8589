/** Which znode the page's address names: `#tree=/a/b`. Pure. */

/** The path in a page's hash. Whatever else is there stands for the root. */
export function pathOf(hash: string): string {
  const match = /^#tree=(.*)$/s.exec(hash);
  if (match === null) return "/";
  try {
    return decodeURIComponent(match[1] ?? "") || "/";
  } catch {
    return "/";
  }
}

/** The hash for a path; undefined for text that no address can hold: then it is no path either. */
export function hashOf(path: string): string | undefined {
  try {
    return `#tree=${encodeURIComponent(path).replaceAll("%2F", "/")}`;
  } catch {
    return undefined;
  }
}
