import { describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { diskError, diskHint } from "../../src/storage/disk-hints.ts";
import { unusable } from "../../src/storage/level-files.ts";

const failures = [
  ["ENOSPC", "no space left on device", /free space on that disk/],
  ["EDQUOT", "Disk quota exceeded", /quota of the user/],
  ["EROFS", "read-only file system", /mount the file system for writing/],
  ["EACCES", "permission denied", /let the user that the server runs as/],
  ["EPERM", "operation not permitted", /let the user that the server runs as/],
  ["EIO", "Input/output error", /replace the disk/],
  ["EMFILE", "too many open files", /ulimit -n/],
] as const;

describe("the hint of a failure of the disk", () => {
  it.each(failures)("for %s says what to do about it: by Node's code", (code, words, hint) => {
    const error = Object.assign(new Error(`${code}: ${words}, open '/data/x'`), { code });
    expect(diskHint(error)).toMatch(hint);
    expect(unusable("/data", error)).toMatchObject({ code: "DATA_DIR_UNUSABLE", hint: expect.stringMatching(hint) });
    expect(diskError(error, "a write failed")).toMatchObject({
      code: "DISK_FAILED",
      hint: expect.stringMatching(hint),
    });
  });

  it.each(failures.filter(([code]) => code !== "EPERM"))("for %s, by LevelDB's words", (_, words, hint) => {
    expect(diskHint(new Error(`IO error: /data/000005.log: ${words}`))).toMatch(hint);
  });

  it("is the general one for anything else, and an error that has one keeps it", () => {
    expect(diskHint(new Error("strange"))).toBeUndefined();
    expect(diskError(new Error("strange"), "a write failed").hint).toContain("check the disk");
    const known = new TerrariumError("CORRUPT");
    expect(diskError(known, "a write failed")).toBe(known);
  });

  it("of a path that is in the way is not to make it writable", () => {
    const error = Object.assign(new Error("EEXIST: file already exists, mkdir '/x'"), { code: "EEXIST" });
    expect(unusable("/x", error).hint).toContain("that is a directory");
  });
});
