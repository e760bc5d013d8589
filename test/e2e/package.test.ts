/** The package as it is packed, in a project of somebody else's. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let project = "";

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "terrarium-package-"));
  execFileSync(process.execPath, [join(root, "scripts/build.js")], { stdio: ["ignore", 2, 2] });
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(packed.toString()) as [{ filename: string }];
  const home = join(project, "node_modules", "terrarium");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["xzf", join(project, filename), "-C", home, "--strip-components=1"]);
  // What it depends on, as an installer would put it there.
  for (const name of readdirSync(join(root, "node_modules")))
    if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  writeFileSync(join(project, "package.json"), "{}");
  // Were the types not found, all would be `any`, and the marked line no error.
  const consumer = `
    import { TerrariumClient, TerrariumError, type Stat } from "terrarium";
    export async function use(): Promise<Stat> {
      const client = await TerrariumClient.connect({ endpoints: ["a:1"] });
      // @ts-expect-error a path is no number
      const wrong: number = (await client.create("/x", "")).path;
      if (wrong) throw new TerrariumError("NO_NODE");
      for await (const event of client.watch("/x", "data")) if (event.zxid > 3) break;
      return (await client.get("/x")).stat;
    }`;
  for (const name of ["consumer.ts", "consumer.mts", "consumer.cts"]) writeFileSync(join(project, name), consumer);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

describe("the packed package", () => {
  it.each([
    ["nodenext", "nodenext", ["consumer.mts", "consumer.cts"]],
    // A CommonJS file cannot import an ES module under these rules, which are older than Node's require() of one.
    ["node16", "node16", ["consumer.mts"]],
    ["esnext", "bundler", ["consumer.ts", "consumer.mts"]],
    ["commonjs", "bundler", ["consumer.ts", "consumer.cts"]],
  ])("has its types under module %s, resolution %s", (module, resolution, files) => {
    const options = ["--noEmit", "--strict", "--target", "es2022", "--types", "node", "--ignoreConfig"];
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    expect(run(compiler, ...options, "--module", module, "--moduleResolution", resolution, ...files)).toEqual({
      status: 0,
      output: "",
    });
  });

  it("can be imported and required, and is the same one", () => {
    const script = `
      const required = require("terrarium");
      import("terrarium").then((imported) => {
        const error = new required.TerrariumError("NO_NODE");
        console.log(error instanceof imported.TerrariumError, typeof imported.TerrariumClient.connect);
      });`;
    writeFileSync(join(project, "script.cjs"), script);
    expect(run("script.cjs")).toEqual({ status: 0, output: "true function\n" });
    expect(run("-e", 'console.log(require("terrarium/package.json").name)')).toEqual({
      status: 0,
      output: "terrarium\n",
    });
  });

  it("has commands that run through the links that an installer makes", () => {
    mkdirSync(join(project, "node_modules/.bin"));
    for (const name of ["terrarium", "kvctl"]) {
      const link = join(project, "node_modules/.bin", name);
      symlinkSync(`../terrarium/bin/${name}.js`, link);
      expect(run(link, "--version")).toEqual({ status: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    }
    expect(run("node_modules/.bin/kvctl", "get", "/x", "--endpoints", "127.0.0.1:1", "--timeout", "1").status).toBe(3);
    expect(run("node_modules/.bin/terrarium", "serve").status).toBe(2);
  });
});
