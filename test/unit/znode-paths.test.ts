import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { childPath, nameOf, parentPath, pathProblem, quotePath, sequenceSuffix } from "../../src/znode/paths.ts";

describe("paths (as in ZooKeeper)", () => {
  it.each(["/", "/a", "/a/b", "/...", "/.a", "/a.", "/..a", "/a b", "/ü", "/\u00a0", "/\ud7ff", "/\uf900", "/\uffef"])(
    "takes %j",
    (path) => {
      expect(pathProblem(path)).toBeUndefined();
    },
  );

  it.each([
    ["", "start with"],
    ["a", "start with"],
    ["a/b", "start with"],
    ["//", "empty segment"],
    ["/a/", "ends with"],
    ["/a//b", "empty segment"],
    ["//a", "empty segment"],
    ["/.", '"." segment'],
    ["/./a", '"." segment'],
    ["/a/.", '"." segment'],
    ["/..", '".." segment'],
    ["/a/../b", '".." segment'],
    ["/a\0", "U+0000"],
    ["/a\u0001b", "U+0001"],
    ["/a\u001f", "U+001F"],
    ["/a\u007f", "U+007F"],
    ["/a\u009f", "U+009F"],
    ["/a\ud800", "U+D800"],
    ["/a\uf8ff", "U+F8FF"],
    ["/a\ufff0", "U+FFF0"],
    ["/a\uffff", "U+FFFF"],
    ["/😀", "U+D83D"],
  ])("refuses %j", (path, why) => {
    expect(pathProblem(path)).toContain(why);
  });

  it("counts the limit in bytes of UTF-8", () => {
    const longest = `/${"a".repeat(limits.pathBytesMax - 1)}`;
    expect(pathProblem(longest)).toBeUndefined();
    expect(pathProblem(`${longest}a`)).toContain("longer than");
    const umlauts = (count: number) => `/${"ü".repeat(count)}`;
    expect(pathProblem(umlauts((limits.pathBytesMax - 2) / 2))).toBeUndefined();
    expect(pathProblem(umlauts(limits.pathBytesMax / 2))).toContain("longer than");
  });

  it("takes a path apart at the last slash, valid or not", () => {
    expect(parentPath("/a")).toBe("/");
    expect(parentPath("/")).toBe("/");
    expect(parentPath("/a/b")).toBe("/a");
    expect(parentPath("/a/")).toBe("/a");
    expect(parentPath("//")).toBe("/");
    expect(parentPath("a/b")).toBe("a");
    expect(parentPath("a")).toBeUndefined();
    expect(parentPath("")).toBeUndefined();
    expect(nameOf("/a/b")).toBe("b");
    expect(childPath("/", "a")).toBe("/a");
    expect(childPath("/a", "b")).toBe("/a/b");
  });

  it("writes sequence numbers as %010d of a signed 32-bit integer", () => {
    expect(sequenceSuffix(0)).toBe("0000000000");
    expect(sequenceSuffix(42)).toBe("0000000042");
    expect(sequenceSuffix(2 ** 31 - 1)).toBe("2147483647");
    expect(sequenceSuffix(-(2 ** 31))).toBe("-2147483648");
    expect(sequenceSuffix(-1)).toBe("-000000001");
    expect(sequenceSuffix(-123)).toBe("-000000123");
  });

  it("cuts long paths in messages and shows control characters", () => {
    expect(quotePath("/a\n")).toBe('"/a\\n"');
    expect(quotePath(`/${"a".repeat(5000)}`).length).toBeLessThan(250);
  });
});
