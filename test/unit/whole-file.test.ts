import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WholeFile, writeWholeFile } from "../../src/files/whole-file.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "terrarium-files-"));
  file = join(folder, "wanted");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const content = (): string => readFileSync(file, "utf8");
const mode = (): number => statSync(file).mode & 0o777;

describe("a file that is written whole", () => {
  it("has its name only once it is finished, and leaves nothing else", async () => {
    const whole = await WholeFile.create(file, { mode: 0o600 });
    await whole.write(bytes("one "));
    expect(existsSync(file)).toBe(false);
    await whole.write(bytes("two"));
    await whole.commit();
    expect(content()).toBe("one two");
    expect(mode()).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["wanted"]);
    await whole.discard();
    expect(content()).toBe("one two");
  });

  it("is not there at all when it is given up", async () => {
    const whole = await WholeFile.create(file);
    await whole.write(bytes("half"));
    await whole.discard();
    await whole.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is one of the two that were written at once, and the other writer is told", async () => {
    const [a, b] = [await WholeFile.create(file), await WholeFile.create(file)];
    for (let i = 0; i < 100; i++) {
      await a.write(bytes("a".repeat(1000)));
      await b.write(bytes("b".repeat(1001)));
    }
    const ends = await Promise.allSettled([a.commit(), b.commit()]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(ends.find((end) => end.status === "rejected")?.reason).toMatchObject({ code: "EEXIST" });
    expect(["a".repeat(100_000), "b".repeat(100_100)]).toContain(content());
    expect(readdirSync(folder)).toEqual(["wanted"]);
  });

  const takers: [string, () => void][] = [
    ["a file", () => writeFileSync(file, "theirs")],
    ["a directory", () => mkdirSync(file)],
    ["a link that leads nowhere", () => symlinkSync(join(folder, "nowhere"), file)],
    [
      "a link to a file",
      () => {
        writeFileSync(join(folder, "x"), "theirs");
        symlinkSync(join(folder, "x"), file);
      },
    ],
  ];
  it.each(takers)("leaves %s alone that has the name, from the beginning or since", async (_what, take) => {
    const whole = await WholeFile.create(file);
    await whole.write(bytes("ours"));
    take();
    const before = readdirSync(folder).filter((name) => !name.endsWith(".partial"));
    const was = lstatSync(file);
    await expect(whole.commit()).rejects.toMatchObject({ code: "EEXIST" });
    expect(readdirSync(folder).sort()).toEqual(before.sort());
    await expect(WholeFile.create(file)).rejects.toMatchObject({ code: "EEXIST" });
    expect(() => writeWholeFile(file, "ours")).toThrow(expect.objectContaining({ code: "EEXIST" }));
    expect(readdirSync(folder).sort()).toEqual(before.sort());
    expect(lstatSync(file).ino).toBe(was.ino);
    if (was.isSymbolicLink()) expect(existsSync(readlinkSync(file))).toBe(before.includes("x"));
    if (existsSync(join(folder, "x"))) expect(readFileSync(join(folder, "x"), "utf8")).toBe("theirs");
  });

  it("does not touch a FILE.partial, nor what it links to", async () => {
    writeFileSync(join(folder, "precious"), "precious");
    symlinkSync(join(folder, "precious"), `${file}.partial`);
    const whole = await WholeFile.create(file);
    await whole.write(bytes("ours"));
    await whole.commit();
    expect(readFileSync(join(folder, "precious"), "utf8")).toBe("precious");
    expect(readlinkSync(`${file}.partial`)).toBe(join(folder, "precious"));
    expect(lstatSync(file).isFile()).toBe(true);
  });

  it("says so when its directory goes away, and does not come up elsewhere", async () => {
    const inner = join(folder, "inner");
    mkdirSync(inner);
    const whole = await WholeFile.create(join(inner, "wanted"));
    await whole.write(bytes("ours"));
    rmSync(inner, { recursive: true });
    await expect(whole.commit()).rejects.toMatchObject({ code: "ENOENT" });
    await expect(WholeFile.create(join(inner, "wanted"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("needs no temporary name of its own length, whatever its own", async () => {
    const long = join(folder, "ü".repeat(127));
    writeWholeFile(long, "x");
    await (await WholeFile.create(long, { replace: true })).commit();
    expect(readFileSync(long, "utf8")).toBe("");
  });
});

describe("a file that replaces another", () => {
  it("keeps its permissions, and leaves readers of the old one alone", () => {
    writeFileSync(file, "old");
    chmodSync(file, 0o640);
    linkSync(file, join(folder, "old"));
    writeWholeFile(file, "new", { replace: true, mode: 0o666 });
    expect(content()).toBe("new");
    expect(mode()).toBe(0o640);
    expect(readFileSync(join(folder, "old"), "utf8")).toBe("old");
  });

  it("is found at the end of a link", async () => {
    writeFileSync(join(folder, "real"), "old");
    symlinkSync("real", file);
    const whole = await WholeFile.create(file, { replace: true });
    await whole.write(bytes("new"));
    expect(content()).toBe("old");
    await whole.commit();
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
    expect(readlinkSync(file)).toBe("real");
  });

  it("never takes the place of a device", async () => {
    writeWholeFile("/dev/null", "x", { replace: true });
    const whole = await WholeFile.create("/dev/null", { replace: true });
    await whole.write(bytes("x"));
    await whole.commit();
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(() => writeWholeFile("/dev/full", "x", { replace: true })).toThrow(
      expect.objectContaining({ code: "ENOSPC" }),
    );
    const full = await WholeFile.create("/dev/full", { replace: true });
    await expect(full.write(bytes("x"))).rejects.toMatchObject({ code: "ENOSPC" });
    await full.discard();
  });

  it("keeps the old one when it cannot be written", async () => {
    writeFileSync(file, "old");
    const whole = await WholeFile.create(file, { replace: true });
    const [temporary] = readdirSync(folder).filter((name) => name.endsWith(".partial"));
    renameSync(join(folder, temporary ?? ""), join(folder, "moved"));
    await expect(whole.commit()).rejects.toMatchObject({ code: "ENOENT" });
    expect(content()).toBe("old");
  });
});

/** Runs `script` in a process of its own, with the module as `files` and the arguments. */
function inProcess(prefix: readonly string[], script: string, ...args: string[]) {
  const path = fileURLToPath(new URL("../../src/files/whole-file.ts", import.meta.url));
  const stdin = { contents: `import * as files from ${JSON.stringify(path)};\n${script}`, resolveDir: folder };
  const built = buildSync({ stdin, bundle: true, write: false, platform: "node", format: "esm" });
  const code = built.outputFiles[0]?.text ?? "";
  const [command = "", ...rest] = [...prefix, process.execPath, "--input-type=module", "-e", code, "--", ...args];
  return spawnSync(command, rest, { encoding: "utf8", timeout: 60_000 });
}

describe("in a process of its own", () => {
  it("leaves nothing behind where the process exits in the middle", () => {
    const { status, stderr } = inProcess(
      [],
      `const whole = await files.WholeFile.create(process.argv.at(-1)); await whole.write(Buffer.from("x")); process.exit(7);`,
      file,
    );
    expect([status, stderr]).toEqual([7, ""]);
    expect(readdirSync(folder)).toEqual([]);
  });

  const small = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'];
  const possible = spawnSync(small[0] ?? "", [...small.slice(1), tmpdir(), "true"]).status === 0;
  it.runIf(possible)("leaves nothing behind on a disk that is full, and says so", () => {
    const script = `
      import { readdirSync } from "node:fs";
      import { dirname } from "node:path";
      const file = process.argv.at(-1);
      const codes = [];
      const whole = await files.WholeFile.create(file);
      try {
        for (let i = 0; i < 100; i++) await whole.write(Buffer.alloc(4096));
      } catch (error) { codes.push(error.code); }
      await whole.discard();
      try { files.writeWholeFile(file, Buffer.alloc(100_000)); } catch (error) { codes.push(error.code); }
      files.writeWholeFile(file, "old");
      try { files.writeWholeFile(file, Buffer.alloc(100_000), { replace: true }); } catch (error) { codes.push(error.code); }
      console.log(codes.join(), readdirSync(dirname(file)).join());`;
    const { stdout, stderr } = inProcess([...small, folder], script, file);
    expect([stdout, stderr]).toEqual(["ENOSPC,ENOSPC,ENOSPC wanted\n", ""]);
  });
});
