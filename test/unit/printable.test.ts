import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { printable } from "../../src/base/printable.ts";
import { openLevelDisk } from "../../src/storage/level-disk.ts";

describe("text of a message", () => {
  it("has no control characters, wherever it comes from", async () => {
    const error = new TerrariumError(
      "NO_NODE",
      "the znode /a\0b\x1b[2J\u202ec\u0085 does not exist",
      "try\t/x\nthen /ü😀",
    );
    expect(error.message).toBe("the znode /a\\x00b\\x1b[2J\\u{202e}c\\x85 does not exist");
    expect(error.hint).toBe("try\\x09/x\nthen /ü😀");
    for (let code = 0; code < 32; code++)
      expect(printable(String.fromCharCode(code))).toBe(
        code === 10 ? "\n" : `\\x${code.toString(16).padStart(2, "0")}`,
      );
  });

  it("shows what a power failure has left in a file of the database", async () => {
    const folder = mkdtempSync(join(tmpdir(), "terrarium-nul-"));
    try {
      writeFileSync(join(folder, "CURRENT"), "\0".repeat(16));
      writeFileSync(join(folder, "000003.log"), "");
      const refusal = await openLevelDisk(folder).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: "CORRUPT" });
      expect(String(refusal)).not.toContain("\0");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
