/** The database of a process that has no file left for a while. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { expect, it } from "vitest";

it("waits for a file, opens itself anew where LevelDB gave up, and loses nothing", () => {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-shortage-"));
  try {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const contents = `
      import { closeSync, openSync } from "node:fs";
      import { openLevelDisk } from "./src/storage/level-disk.ts";
      const disk = await openLevelDisk(${JSON.stringify(join(folder, "data"))});
      const key = (i) => new Uint8Array([1, i >> 8, i & 255]);
      const write = (i) => new Promise((done) =>
        disk.write([{ type: "put", key: key(i), value: new Uint8Array(1024 * 1024).fill(i) }], done));
      const errors = [];
      const hold = [];
      const takeAll = () => { for (;;) try { hold.push(openSync("/dev/null", "r")); } catch { return; } };
      const free = () => { for (const descriptor of hold.splice(0)) closeSync(descriptor); };
      for (let i = 0; i < 3; i++) await write(1000 + i);
      const range = { gte: new Uint8Array([1]), lt: new Uint8Array([2]) };
      const read = (view) => new Promise((done) =>
        view.read(range, 2_000_000, (error, rows) => done(error === undefined ? rows.length : error.code)));
      const view = disk.view();
      const before = await read(view);
      let scans = 0;
      let scanning = true;
      const scanned = (async () => {
        while (scanning) {
          const error = await new Promise((done) => disk.scan(range, () => {}, done));
          if (error !== undefined) errors.push(error.message);
          scans++;
          await new Promise((done) => setTimeout(done, 5));
        }
      })();
      // Files come and go, so that LevelDB finds none here and there: for its log, for a table, for a directory.
      let written = 0;
      let steal = true;
      const thief = () => {
        if (!steal) return;
        takeAll();
        if (Math.random() < 0.02) closeSync(hold.pop());
        setImmediate(thief);
      };
      let waited = false;
      for (const giveUp = Date.now() + 45_000; disk.reopened === 0 && Date.now() < giveUp; ) {
        steal = true;
        thief();
        const late = setTimeout(() => { waited = true; steal = false; free(); }, 1200);
        const error = await write(written);
        clearTimeout(late);
        steal = false;
        if (error !== undefined) errors.push(error.message);
        written++;
      }
      free();
      const reopened = disk.reopened > 0;
      for (let i = 0; i < 20; i++) {
        const error = await write(written++);
        if (error !== undefined) errors.push(error.message);
      }
      scanning = false;
      await scanned;
      const views = [before, await read(view), await read(disk.view())];
      await disk.close();
      const again = await openLevelDisk(${JSON.stringify(join(folder, "data"))});
      let rows = 0;
      await new Promise((done) => again.scan({ ...range, lt: new Uint8Array([1, 3]) }, (_key, value) => {
        if (value[0] === (rows & 255)) rows++;
      }, done));
      await again.close();
      console.log(JSON.stringify({ waited, reopened, errors, whole: rows === written, views, scans: scans > 0 }));`;
    const file = join(folder, "program.mjs");
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const stdin = { contents, resolveDir: root, loader: "ts" as const };
    buildSync({ stdin, bundle: true, outfile: file, platform: "node", format: "esm", packages: "external" });
    const { stdout, stderr } = spawnSync("sh", ["-c", 'ulimit -n 64; exec "$@"', "sh", process.execPath, file], {
      encoding: "utf8",
      timeout: 90_000,
    });
    expect([stderr, stdout]).toEqual([
      "",
      '{"waited":true,"reopened":true,"errors":[],"whole":true,"views":[2,"OVERLOADED",2],"scans":true}\n',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
