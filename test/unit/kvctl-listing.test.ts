import { beforeEach, describe, expect, it } from "vitest";
import { FakeCluster, kvctl, start, until } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

const run = (...words: string[]) => kvctl(words, { cluster });
const make = (...paths: string[]) => {
  for (const path of paths) cluster.create(path, new TextEncoder().encode(`data of ${path}`), 0, false);
};
const lines = (stdout: string) => stdout.split("\n").filter((line) => line !== "");

describe("count", () => {
  it("tells how many children there are, and how many znodes in all", async () => {
    for (const path of ["/a", "/a/b", "/a/c", "/a/b/d"]) cluster.create(path, new Uint8Array(), 0, false);
    expect(await run("count", "/a")).toMatchObject({ exitCode: 0, stdout: "children  2\nbelow     3\n" });
    expect(JSON.parse((await run("count", "/a/b", "--json")).stdout)).toMatchObject({
      path: "/a/b",
      children: 1,
      below: 1,
    });
    expect(await run("count", "/none")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("/none") });
  });
});

describe("ls", () => {
  beforeEach(() => make("/b", "/a", "/a/x", "/a/x/y", "/a-b"));

  it("prints names", async () => {
    expect((await run("ls", "/")).stdout).toBe("a\na-b\nb\n");
    expect((await run("ls", "/a")).stdout).toBe("x\n");
    expect(await run("ls", "/b")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await run("ls", "/no")).toMatchObject({ exitCode: 1, stdout: "" });
  });

  it("-R prints full paths, depth first", async () => {
    expect((await run("ls", "-R", "/")).stdout).toBe("/a\n/a/x\n/a/x/y\n/a-b\n/b\n");
    expect((await run("ls", "-R", "/a")).stdout).toBe("/a/x\n/a/x/y\n");
  });

  it("-R leaves out what goes meanwhile", async () => {
    cluster.before = (operation, path) => {
      if (operation === "children" && path === "/a-b") cluster.delete("/a-b", -1);
    };
    expect(await run("ls", "-R", "/")).toMatchObject({ exitCode: 0, stdout: "/a\n/a/x\n/a/x/y\n/b\n" });
  });

  it("-l prints a table", async () => {
    cluster.create("/e", new Uint8Array(), 9, false);
    const [head, a, , , e] = lines((await run("ls", "-l", "/")).stdout);
    expect(head).toMatch(/^VERSION +BYTES +CHILDREN +OWNER +MODIFIED +NAME$/);
    expect(a).toMatch(/^0 +10 +1 +- +2023-11-14T22:13:20\.000Z +a$/);
    expect(e).toMatch(/^0 +0 +0 +9 +\S+ +e$/);
    expect(lines((await run("ls", "-lR", "/a")).stdout).at(-1)).toMatch(/ \/a\/x\/y$/);
  });

  it("gives JSON", async () => {
    expect(lines((await run("ls", "/", "--json")).stdout)[0]).toBe('{"path":"/a","name":"a"}');
    const [first] = lines((await run("ls", "-Rl", "/a", "--json")).stdout);
    expect(JSON.parse(first ?? "")).toMatchObject({ path: "/a/x", name: "x", stat: { numChildren: 1 } });
  });

  it("-w waits for one event; not with -R", async () => {
    const running = start(["ls", "-w", "/b"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    make("/b/new");
    expect(await running.done).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^childrenChanged {2}\/b {2}zxid/),
    });
    expect(await run("ls", "-wR", "/")).toMatchObject({ exitCode: 2 });
  });
});

describe("many children", () => {
  const many = 2_345;
  const name = (i: number) => `n-${String(i).padStart(5, "0")}`;
  const makeMany = (parent: string) => {
    for (let i = 0; i < many; i++) make(`${parent}/${name(i)}`);
  };
  const firstPageOf = (path: string) => cluster.pages.filter((page) => page === path).length;

  it("are listed page by page, in a table too", async () => {
    make("/p");
    makeMany("/p");
    expect(lines((await run("ls", "/p")).stdout)).toHaveLength(many);
    expect(cluster.pages).toEqual(["/p", "/p n-00999", "/p n-01999"]);
    const table = lines((await run("ls", "-l", "/p")).stdout);
    expect(table).toHaveLength(many + 1);
    expect(table.filter((line) => line.includes("VERSION"))).toHaveLength(1);
    expect(table.at(-1)).toMatch(/n-02344$/);
  });

  it("are listed below their parent by -R, each once, with what is below them", async () => {
    make("/p", "/z");
    makeMany("/p");
    make(`/p/${name(1_000)}/below`);
    const shown = lines((await run("ls", "-R", "/")).stdout);
    expect(shown).toEqual([...cluster.nodes.keys()].filter((path) => path !== "/").sort());
    expect(firstPageOf("/p")).toBe(1);
  });

  it("go with -r, those of children too, a page at a time", async () => {
    make("/p", "/p/q");
    makeMany("/p/q");
    make(`/p/q/${name(7)}/below`, "/stays");
    let listed = 0;
    cluster.before = (operation, path) => {
      if (operation === "children" && path === "/p/q") listed = cluster.names("/p/q").length;
    };
    expect(await run("delete", "-r", "/p")).toMatchObject({
      exitCode: 0,
      stdout: `deleted /p and ${many + 2} below it\n`,
    });
    expect([...cluster.nodes.keys()]).toEqual(["/", "/stays"]);
    // When the last page was asked for, those before were gone.
    expect(listed).toBe(many - 2_000);
  });

  it("of a watched znode are not fetched", async () => {
    make("/p");
    makeMany("/p");
    const running = start(["watch", "/p", "--children"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    make("/p/new");
    await until(() => running.stdout().includes("childrenChanged"), "the event is told");
    running.interrupt();
    await running.done;
    expect(new Set(cluster.pages)).toEqual(new Set(["/p"]));
  });
});
