/**
 * `npm run bench:profile`: where the processor time of an operation goes, part by part, at the leader, at a follower and in the
 * client. A server is one file whose modules are told apart by the names that esbuild leaves in it.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { present } from "../src/base/assert.ts";
import { begins } from "../test/support/leave-nothing.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { numbers, positive } from "./arguments.ts";
import { type LoadOperation, loadOperations } from "./load/driver.ts";
import { LoadProcess } from "./load/process.ts";
import { mainThreadMicros, processorMicros } from "./load/processor.ts";
import { BundledModules, bytesIn, type HeapNode, type Profile, sharesOf } from "./profile/parts.ts";
import { progress } from "./progress.ts";
import { clientOf, terrariumClient } from "./systems/terrarium.ts";

interface ProfileFlags {
  op: LoadOperation;
  outstanding: readonly number[];
  seconds: number;
  warmUp: number;
  checkout?: string;
  json?: boolean;
}

/** Microseconds of an operation by part, all threads of one process together. */
type Parts = ReadonlyMap<string, number>;

/** Where the operations of one case spent their time. */
interface Spent {
  readonly outstanding: number;
  readonly operationsPerSecond: number;
  readonly leader: Parts;
  readonly follower: Parts;
  readonly client: Parts;
  /** Bytes of an operation, in the order of the three. */
  readonly allocated: readonly number[];
}

/** A process, and what it had taken when the measurement began. */
interface Watched {
  readonly pid: number;
  readonly all: number;
  readonly main: number;
}

/** How long a process may take to write its profile down, milliseconds. */
const patienceMs = 30_000;

const otherThreads = "other threads: collector, compiler, Level";

const bundles = new Map<string, BundledModules | undefined>();

function moduleAt(url: string, line: number): string | undefined {
  if (!bundles.has(url))
    bundles.set(url, /\/main-\w+\.cjs$/.test(url) ? new BundledModules(readFileSync(new URL(url), "utf8")) : undefined);
  return bundles.get(url)?.at(line);
}

async function written(home: string, name: string): Promise<unknown> {
  const file = join(home, name);
  for (const deadline = Date.now() + patienceMs; !existsSync(file); await sleep(20))
    if (Date.now() > deadline) throw new Error(`${name} does not get written`);
  const content: unknown = JSON.parse(await readFile(file, "utf8"));
  await rm(file);
  return content;
}

async function profileOf(home: string, pid: number): Promise<Profile> {
  return (await written(home, `${pid}.cpuprofile`)) as Profile;
}

/** Bytes that a process allocated while it was looked into. */
async function allocatedBy(home: string, pid: number): Promise<number> {
  return bytesIn(((await written(home, `${pid}.heapprofile`)) as { readonly head: HeapNode }).head);
}

function watched(pid: number): Watched {
  const [all, main] = [processorMicros([pid]), mainThreadMicros(pid)];
  if (all === undefined || main === undefined) throw new Error("it needs Linux: processor time is read from /proc");
  return { pid, all, main };
}

function partsOf(profile: Profile, before: Watched, after: Watched, operations: number): Parts {
  const parts = new Map<string, number>();
  const main = (after.main - before.main) / operations;
  for (const [part, share] of sharesOf(profile, moduleAt)) parts.set(part, share * main);
  parts.set(otherThreads, (after.all - before.all) / operations - main);
  return parts;
}

async function measure(flags: ProfileFlags, home: string, say: (what: string) => void): Promise<readonly Spent[]> {
  say("starts three servers");
  const { checkout } = flags;
  const client = checkout === undefined ? terrariumClient : clientOf(checkout);
  const cluster = await LocalCluster.start(3, [], undefined, false, checkout);
  let load: LoadProcess | undefined;
  try {
    const target = { kind: "terrarium", endpoints: cluster.endpoints, client } as const;
    const keys = { count: 2_000, valueBytes: 100 };
    load = await LoadProcess.start(target, 4, keys);
    const [operation, loader] = [flags.op, load.pid];
    const rest = { operation, keys: keys.count, servers: [] };
    say(`${operation}, to warm up`);
    await load.run({ ...rest, outstanding: 256, seconds: flags.warmUp });
    const leader = await cluster.leader();
    const follower = cluster.servers.find(({ id }) => id !== leader)?.id ?? leader;
    const pidOf = (id: number): number => present(cluster.server(id).process?.pid, "a server that runs");
    const pids = [pidOf(leader), pidOf(follower), loader];
    const spent: Spent[] = [];
    for (const outstanding of flags.outstanding) {
      say(`${operation} at ${outstanding} outstanding`);
      const order = { ...rest, outstanding, seconds: flags.seconds };
      // Once undisturbed, for what it takes, and once looked into, for the shares of that.
      const before = pids.map(watched);
      const { operationsPerSecond } = await load.run(order);
      const after = pids.map(watched);
      say(`${operation} at ${outstanding} outstanding, looked into`);
      for (const pid of pids) process.kill(pid, "SIGUSR2");
      await load.run(order);
      for (const pid of pids) process.kill(pid, "SIGUSR2");
      // Before the next signal: two of a kind that wait are one.
      const profiles: Profile[] = [];
      for (const pid of pids) profiles.push(await profileOf(home, pid));
      say(`${operation} at ${outstanding} outstanding, what it allocates`);
      for (const pid of pids) process.kill(pid, "SIGUSR2");
      const heap = await load.run(order);
      for (const pid of pids) process.kill(pid, "SIGUSR2");
      const allocated: number[] = [];
      for (const pid of pids) allocated.push((await allocatedBy(home, pid)) / heap.operations);
      const operations = operationsPerSecond * flags.seconds;
      const all: Parts[] = [];
      for (const [i, one] of before.entries())
        all.push(partsOf(present(profiles[i], "its profile"), one, present(after[i], "the same process"), operations));
      const [ofLeader, ofFollower, ofClient] = all.map((parts) => present(parts, "its parts"));
      spent.push({
        ...{ outstanding, operationsPerSecond, allocated },
        leader: present(ofLeader, "the leader's"),
        follower: present(ofFollower, "the follower's"),
        client: present(ofClient, "the client's"),
      });
      if ((await cluster.leader()) !== leader) throw new Error("the leader changed while it was measured");
    }
    await load.close();
    return spent;
  } finally {
    load?.kill();
    await cluster.destroy();
  }
}

function print({ outstanding, operationsPerSecond, allocated, ...roles }: Spent, operation: string): void {
  console.log(`\n${operation}, ${outstanding} outstanding: ${operationsPerSecond.toFixed(0)}/s; µs of an operation`);
  const columns = [roles.leader, roles.follower, roles.client];
  const sum = (part: string): number => columns.reduce((all, parts) => all + (parts.get(part) ?? 0), 0);
  const names = [...new Set(columns.flatMap((parts) => [...parts.keys()]))];
  const line = (name: string, figures: readonly number[]): void =>
    console.log(`${name.padEnd(44)}${figures.map((figure) => figure.toFixed(2).padStart(10)).join("")}`);
  console.log(`${"part".padEnd(44)}${["leader", "follower", "client"].map((role) => role.padStart(10)).join("")}`);
  // What is less than a hundredth of the whole is in the sum alone.
  const whole = names.reduce((all, name) => all + sum(name), 0);
  for (const name of names.sort((a, b) => sum(b) - sum(a)))
    if (sum(name) > whole / 100)
      line(
        name,
        columns.map((parts) => parts.get(name) ?? 0),
      );
  line(
    "all",
    columns.map((parts) => [...parts.values()].reduce((all, micros) => all + micros, 0)),
  );
  line("bytes allocated, without buffers", allocated);
}

async function main(): Promise<void> {
  const flags = new Command("bench:profile")
    .description("Look into a loaded cluster of three servers: processor time of an operation, by part.")
    .addOption(new Option("--op <name>", "what to do").choices(loadOperations).default("set"))
    .option("--outstanding <list>", "operations under way at any time, or several such numbers", numbers, [64, 1024])
    .option("--seconds <n>", "how long to look, for each number", positive, 5)
    .option("--warm-up <n>", "seconds of load before, until what compiles has compiled", positive, 15)
    .option("--checkout <folder>", "another checkout, built, instead of this one", (folder) => resolve(folder))
    .option("--json", "print one JSON object")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<ProfileFlags>();
  const home = await mkdtemp(join(tmpdir(), "bench-profile-"));
  begins({ home });
  // All processes that are started from here on can be looked into.
  const inside = new URL("./profile/inside.js", import.meta.url).href;
  Object.assign(process.env, { BENCH_PROFILES: home, NODE_OPTIONS: `--import ${inside}` });
  const say = progress();
  try {
    const spent = await measure(flags, home, say);
    say("");
    if (flags.json) {
      const plain = spent.map(({ leader, follower, client, ...rest }) => ({
        ...rest,
        ...Object.fromEntries(
          Object.entries({ leader, follower, client }).map(([role, parts]) => [role, Object.fromEntries(parts)]),
        ),
      }));
      console.log(JSON.stringify({ options: flags, spent: plain }));
    } else for (const one of spent) print(one, flags.op);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(`bench:profile: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
