/** Completion for the user's shell: what kvctl answers, and a real bash. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { completionScript, shells } from "../../src/kvctl/shell-scripts.ts";
import { FakeCluster, kvctl } from "./kvctl-world.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
  for (const path of ["/apps", "/apps/web", "/apps/work", "/other"]) cluster.create(path, new Uint8Array(), 0, false);
});

describe("__complete", () => {
  const offers = async (...words: string[]) => {
    const { stdout, stderr, exitCode } = await kvctl(["__complete", "--", ...words], { cluster });
    expect(stderr).toBe("");
    return { offers: stdout.split("\n").slice(0, -1), exitCode };
  };

  it.each([
    [["ge"], ["get"]],
    [["h"], ["health", "help"]],
    [
      ["snapshot", ""],
      ["save", "inspect"],
    ],
    [
      ["member", "re"],
      ["remove", "replace"],
    ],
    [["help", "wa"], ["watch"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [
      ["create", "--e"],
      ["--ephemeral", "--endpoints"],
    ],
    [["snapshot", "save", "--t"], ["--timeout"]],
    [["get", "--timeout", ""], []],
    [["frob", ""], []],
  ])("%j offers words, asking no server", async (words, expected) => {
    expect(await offers(...words)).toEqual({ offers: expected, exitCode: 0 });
    expect(cluster.sessionsOpened).toBe(0);
  });

  it.each([
    [["get", "/a"], ["/apps/"]],
    [
      ["get", "/apps/w"],
      ["/apps/web", "/apps/work"],
    ],
    [["--json", "rm", "-r", "--endpoints", "a:1", "/o"], ["/other"]],
    [["get", "/no"], []],
  ])("%j offers the cluster's paths", async (words, expected) => {
    expect(await offers(...words)).toEqual({ offers: expected, exitCode: 0 });
    expect(cluster.closed).toHaveLength(1);
  });

  it("says where a file is wanted, and nothing where no server answers", async () => {
    expect((await offers("snapshot", "save", "ba")).exitCode).toBe(64);
    cluster.open = () => Promise.reject(new Error("nobody"));
    expect(await offers("get", "/a")).toEqual({ offers: [], exitCode: 0 });
  });

  it("is not among the commands", async () => {
    expect((await kvctl(["--help"])).stdout).not.toContain("__complete");
    expect((await offers("")).offers).not.toContain("__complete");
  });
});

describe("kvctl completion", () => {
  it("prints a script for each shell, and names them for another", async () => {
    for (const shell of shells) {
      const { exitCode, stdout } = await kvctl(["completion", shell]);
      expect(exitCode).toBe(0);
      expect(stdout).toContain("'node' 'kvctl.js' __complete --");
    }
    const wrong = await kvctl(["completion", "tcsh"]);
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("there is for bash, zsh, fish") });
  });

  /** What bash would put in place of the last word of `line`, kvctl being a function that answers with its arguments. */
  function completedByBash(line: string, answer: string): { offers: string[]; asked: string[] } {
    const script = completionScript("bash", ["fake"]);
    const program = `
fake() { printf '%s\\n' "$@" >&3; ${answer}; }
${script}
COMP_LINE=$1 COMP_POINT=\${#1}
# As readline breaks it.
IFS=$'\\n' read -rd '' -a COMP_WORDS < <(printf '%s' "$1" | sed 's/ \\{1,\\}/\\n/g; s/:/\\n:\\n/g')
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_kvctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, output } = spawnSync("bash", ["--norc", "-c", program, "bash", line], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    expect(stderr).toBe("");
    return { offers: stdout.split("\n").filter((offer) => offer !== ""), asked: (output[3] ?? "").split("\n") };
  }

  it("completes words in a real bash", () => {
    const { offers, asked } = completedByBash("kvctl get /ap", "echo /apps/");
    expect(asked.slice(0, -1)).toEqual(["__complete", "--", "get", "/ap"]);
    expect(offers).toEqual(["/apps/"]);
    expect(completedByBash("kvctl ", "echo get; echo set").offers).toEqual(["get", "set"]);
    expect(completedByBash("kvctl get /b", "printf '%s\\n' '/b c' /bd").offers).toEqual(["/b\\ c", "/bd"]);
  });

  it("replaces only what bash takes for the word: paths may have colons", () => {
    const { offers, asked } = completedByBash("kvctl get /a:b", "echo /a:bc");
    expect(asked.slice(0, -1)).toEqual(["__complete", "--", "get", "/a:b"]);
    expect(offers).toEqual(["bc"]);
  });

  /** Whether the machine has a shell: the tests that need one say so in their names where it is missing. */
  const has = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;
  const unless = (shell: string): string => (has(shell) ? "" : ` (skipped: there is no ${shell} here)`);

  /** An executable that answers as kvctl would; in a folder with the file `save.backup`. */
  function fakeKvctl(): { folder: string; command: readonly string[] } {
    const folder = mkdtempSync(join(tmpdir(), "terrarium-completion-"));
    folders.push(folder);
    const file = join(folder, "fake.cjs");
    writeFileSync(
      file,
      `const words = process.argv.slice(4);
const last = words.at(-1);
if (words[0] === "snapshot" && words.length > 2) process.exit(64);
const offers = words.length === 1 ? ["get", "create"] : last.startsWith("/") ? ["/apps/we:b", "/apps/work shop"] : [];
for (const offer of offers) if (offer.startsWith(last)) console.log(offer);
`,
    );
    writeFileSync(join(folder, "save.backup"), "");
    return { folder, command: [process.execPath, file] };
  }

  it.skipIf(!has("fish"))(`completes words in a real fish${unless("fish")}`, () => {
    const { folder, command } = fakeKvctl();
    writeFileSync(join(folder, "kvctl.fish"), completionScript("fish", command) ?? "");
    const offers = (line: string): string[] => {
      const program = `source kvctl.fish; complete -C ${JSON.stringify(line)}`;
      const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", program], { cwd: folder, encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout.split("\n").filter((offer) => offer !== "");
    };
    expect(offers("kvctl ge")).toEqual(["get"]);
    expect(offers("kvctl get /a")).toEqual(["/apps/we:b", "/apps/work shop"]);
    expect(offers("kvctl get sa")).toEqual([]);
    expect(offers("kvctl snapshot save sa")).toEqual(["save.backup"]);
  });

  it.skipIf(!has("zsh"))(`completes words in a real zsh${unless("zsh")}`, () => {
    const { folder, command } = fakeKvctl();
    writeFileSync(join(folder, "kvctl.zsh"), completionScript("zsh", command) ?? "");
    // What the script hands to zsh's own functions.
    const program = `
compdef() { print -r -- "compdef $*" }
_files() { print -r -- FILES }
compadd() { print -rl -- "$@" }
source ./kvctl.zsh
words=("$@"); CURRENT=$#
_kvctl`;
    const handed = (...words: string[]): string[] => {
      const args = ["-f", "-c", program, "zsh", "kvctl", ...words];
      const { stdout, stderr } = spawnSync("zsh", args, { cwd: folder, encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout.trimEnd().split("\n");
    };
    expect(handed("ge")).toEqual(["compdef _kvctl kvctl", "--", "get"]);
    // A path may go on: no blank behind it.
    expect(handed("get", "/a")).toEqual(["compdef _kvctl kvctl", "-S", "", "--", "/apps/we:b", "/apps/work shop"]);
    expect(handed("get", "/none")).toEqual(["compdef _kvctl kvctl"]);
    expect(handed("snapshot", "save", "sa")).toEqual(["compdef _kvctl kvctl", "FILES"]);
  });
});
