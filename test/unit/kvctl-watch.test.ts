import { beforeEach, describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { FakeCluster, type Running, start, until } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

const bytes = new Uint8Array(1);
const events = (running: Running) =>
  running
    .stdout()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).event);

/** Starts a watch, waits until `armed` watches stand. */
async function watch(armed: number, ...options: string[]): Promise<Running> {
  const running = start(["watch", "/a", "--json", ...options], { cluster });
  await until(() => cluster.armed() === armed, "the watch is armed");
  return running;
}

async function step(running: Running, change: () => void, count: number, armed: number): Promise<void> {
  change();
  await until(() => events(running).length === count && cluster.armed() === armed, `${count} events are told`);
}

describe("watch -R", () => {
  it("tells of the znode and all below it, each change of its own, until interrupted", async () => {
    cluster.create("/a", bytes, 0, false);
    const running = await watch(1, "-R");
    await step(running, () => cluster.create("/a/b", bytes, 0, false), 1, 1);
    await step(running, () => cluster.create("/a/b/c", bytes, 0, false), 2, 1);
    cluster.create("/other", bytes, 0, false);
    await step(running, () => cluster.set("/a/b", bytes, -1), 3, 1);
    await step(running, () => cluster.delete("/a/b/c", -1), 4, 1);
    expect(events(running)).toEqual([
      { type: "created", path: "/a/b", zxid: 2 },
      { type: "created", path: "/a/b/c", zxid: 3 },
      { type: "dataChanged", path: "/a/b", zxid: 5 },
      { type: "deleted", path: "/a/b/c", zxid: 6 },
    ]);
    running.interrupt();
    expect(await running.done).toMatchObject({ exitCode: 0 });
  });

  it("--data prints the new data", async () => {
    const running = start(["watch", "-R", "/", "--data"], { cluster });
    await until(() => cluster.armed() === 1, "the watch is armed");
    cluster.create("/a", new TextEncoder().encode("one\n"), 0, false);
    await until(() => running.stdout().includes("zxid 1"), "the first is told");
    cluster.set("/a", Uint8Array.of(0xff, 0xfe), -1);
    await until(() => running.stdout().includes("zxid 2"), "the second is told");
    cluster.delete("/a", -1);
    await until(() => running.stdout().includes("deleted"), "the third is told");
    expect(running.stdout()).toBe(
      'created  /a  zxid 1  "one\\n"\ndataChanged  /a  zxid 2  2 bytes\ndeleted  /a  zxid 3\n',
    );
    running.interrupt();
    await running.done;
  });

  it("goes on in a new session, and says that something may have happened", async () => {
    const running = await watch(1, "-R");
    cluster.state("expired");
    await until(() => events(running).length === 1 && cluster.armed() === 1, "it is armed again");
    expect(events(running)).toEqual([{ type: "resync", path: "/a" }]);
    running.interrupt();
    await running.done;
  });

  it("takes neither --children nor --exists", async () => {
    const running = start(["watch", "-R", "/a", "--children"], { cluster });
    expect(await running.done).toMatchObject({ exitCode: 2 });
    expect(running.stderr()).toContain("do not go with -R");
  });
});

describe("watch", () => {
  it("tells everything, for ever, and ends well when interrupted", async () => {
    const running = await watch(2);
    expect(running.stderr()).toContain("does not exist yet");
    await step(running, () => cluster.create("/a", bytes, 0, false), 1, 2);
    await step(running, () => cluster.set("/a", bytes, -1), 2, 2);
    await step(running, () => cluster.create("/a/b", bytes, 0, false), 3, 2);
    await step(running, () => cluster.delete("/a/b", -1), 4, 2);
    await step(running, () => cluster.delete("/a", -1), 5, 2);
    await step(running, () => cluster.create("/a", bytes, 0, false), 6, 2);
    expect(events(running)).toEqual([
      { type: "created", path: "/a", zxid: 1 },
      { type: "dataChanged", path: "/a", zxid: 2 },
      { type: "childrenChanged", path: "/a", zxid: 3 },
      { type: "childrenChanged", path: "/a", zxid: 4 },
      { type: "deleted", path: "/a", zxid: 5 },
      { type: "created", path: "/a", zxid: 6 },
    ]);
    running.interrupt();
    expect(await running.done).toMatchObject({ exitCode: 0 });
    expect(cluster.closed).toEqual([1]);
  });

  it("--children tells of children, and of the znode's coming and going", async () => {
    cluster.create("/a", bytes, 0, false);
    const running = await watch(1, "--children");
    cluster.set("/a", bytes, -1);
    await step(running, () => cluster.create("/a/b", bytes, 0, false), 1, 1);
    await step(running, () => cluster.delete("/a/b", -1), 2, 1);
    await step(running, () => cluster.delete("/a", -1), 3, 1);
    await step(running, () => cluster.create("/a", bytes, 0, false), 4, 1);
    await step(running, () => cluster.create("/a/b", bytes, 0, false), 5, 1);
    const types = ["childrenChanged", "childrenChanged", "deleted", "created", "childrenChanged"];
    expect(events(running).map(({ type }) => type)).toEqual(types);
    running.interrupt();
    await running.done;
  });

  it("--exists leaves out changes of the data, --data those of the children", async () => {
    const exists = await watch(1, "--exists");
    const data = await watch(2, "--data");
    cluster.create("/a", bytes, 0, false);
    await until(() => cluster.armed() === 2, "armed again");
    cluster.set("/a", bytes, -1);
    await until(() => cluster.armed() === 2, "armed again");
    cluster.create("/a/b", bytes, 0, false);
    cluster.delete("/a/b", -1);
    cluster.delete("/a", -1);
    await until(() => events(data).length === 3 && events(exists).length === 2, "all is told");
    expect(events(exists).map(({ type }) => type)).toEqual(["created", "deleted"]);
    expect(events(data).map(({ type }) => type)).toEqual(["created", "dataChanged", "deleted"]);
    for (const running of [exists, data]) running.interrupt();
    await Promise.all([exists.done, data.done]);
  });

  it("tells what changed between an event and the next arming", async () => {
    cluster.create("/a", bytes, 0, false);
    const running = await watch(1, "--data");
    // All at once: the watch stands for the first of them only.
    cluster.set("/a", bytes, -1);
    cluster.set("/a", bytes, -1);
    cluster.set("/a", bytes, -1);
    await until(() => events(running).length === 2, "two events are told");
    cluster.delete("/a", -1);
    cluster.create("/a", bytes, 0, false);
    cluster.set("/a", bytes, -1);
    await until(() => events(running).length === 5, "five events are told");
    expect(events(running).map(({ type, zxid }) => `${type} ${zxid}`)).toEqual([
      "dataChanged 2",
      "dataChanged 4",
      "deleted 5",
      "created 6",
      "dataChanged 7",
    ]);
    running.interrupt();
    await running.done;
  });

  it("goes on through a lost quorum and the end of its session", async () => {
    cluster.create("/a", bytes, 0, false);
    const running = await watch(1, "--data");
    let failures = 1;
    cluster.before = () => {
      if (failures-- > 0) throw new TerrariumError("NO_QUORUM");
    };
    cluster.state("suspended");
    cluster.state("connected");
    await step(running, () => cluster.set("/a", bytes, -1), 1, 1);
    expect(running.stderr()).toMatch(
      /connection is lost[\s\S]*connected again[\s\S]*no quorum[\s\S]*the watch of \/a waits/,
    );
    cluster.state("expired");
    cluster.set("/a", bytes, -1);
    await until(() => events(running).length === 2 && cluster.armed() === 1, "the change is told in a new session");
    await step(running, () => cluster.set("/a", bytes, -1), 3, 1);
    expect(cluster.sessionsOpened).toBe(2);
    expect(events(running).map(({ zxid }) => zxid)).toEqual([2, 3, 4]);
    running.interrupt();
    expect(await running.done).toMatchObject({ exitCode: 0 });
    expect(cluster.closed).toEqual([2]);
  });

  it("fails at once when its first arming fails", async () => {
    cluster.before = (operation) => {
      if (operation === "exists") throw new TerrariumError("BAD_ARGUMENTS", "the path is malformed");
    };
    const { exitCode, stdout } = await start(["watch", "/a", "--json"], { cluster }).done;
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "BAD_ARGUMENTS", message: "the path is malformed" } });
  });
});
