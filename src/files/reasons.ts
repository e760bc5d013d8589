/** What the system says of files, in words. */

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  EEXIST: "it exists already",
  ENOSPC: "no space is left on the device",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
  EIO: "the device failed",
  EPIPE: "nobody reads it any more",
};

/** Why an operation on a file failed, without the path, which the caller names. */
export function fileReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  // As in "EIO: i/o error, read": the code in front and the call behind are no news to a person.
  return reasons[code] ?? error.message.replace(/^[A-Z0-9]+: /, "").replace(/, [a-z]+(?: '.*')?$/s, "");
}
