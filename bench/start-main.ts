/**
 * `npm run bench:start`: the processor time that kvctl takes, and a server until it leads, beside that of Node with nothing to
 * do. Elapsed time would measure the machine's other work; user and system time are what a loaded machine hands out.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { TerrariumClient } from "../src/client/index.ts";
import { LocalCluster } from "../test/support/local-cluster.ts";
import { positive } from "./arguments.ts";
import { processorMicros } from "./load/processor.ts";
import { median } from "./report.ts";

interface Flags {
  runs: number;
  json?: boolean;
}

const kvctl = fileURLToPath(new URL("../../bin/kvctl.js", import.meta.url));

/** User and system time of `node …args`, milliseconds, counted by the parent as its child ends. */
function processorMs(args: readonly string[]): number {
  // A shell's `times` tells what its children took, and bash's in milliseconds; Node does not.
  const quoted = [process.execPath, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { stdout, status } = spawnSync("bash", ["-c", `${quoted} >/dev/null || exit 1; times`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`it failed: ${args.join(" ")}`);
  const children = stdout.trim().split("\n")[1] ?? "";
  const [user, system] = children.split(" ").map((time) => {
    const [, minutes = "0", seconds = "0"] = /^(\d+)m([\d.]+)s$/.exec(time) ?? [];
    return (Number(minutes) * 60 + Number(seconds)) * 1_000;
  });
  return (user ?? 0) + (system ?? 0);
}

/** What a server has taken when it leads a cluster of one, milliseconds; `undefined` where nobody counts it. */
async function serverMs(): Promise<number | undefined> {
  const cluster = await LocalCluster.start(1);
  try {
    const pid = cluster.server(1).process?.pid;
    const micros = pid === undefined ? undefined : processorMicros([pid]);
    return micros === undefined ? undefined : micros / 1_000;
  } finally {
    await cluster.destroy();
  }
}

async function main(): Promise<void> {
  const program = new Command("bench:start")
    .option("--runs <n>", "of each command", positive, 11)
    .option("--json", "print one JSON object")
    .parse();
  const { runs, json } = program.opts<Flags>();
  const cluster = await LocalCluster.start(1);
  try {
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await client.create("/x", "hello");
    await client.close();
    const commands: Record<string, readonly string[]> = {
      "node -e 0": ["-e", "0"],
      "kvctl --version": [kvctl, "--version"],
      "kvctl --help": [kvctl, "--help"],
      "kvctl completion bash": [kvctl, "completion", "bash"],
      "kvctl get /x": [kvctl, "get", "/x", "--endpoints", cluster.endpoints.join(",")],
    };
    const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
    // In turns, so that what else the machine does meets them alike.
    for (let run = 0; run < runs; run++)
      for (const [name, args] of Object.entries(commands)) times.get(name)?.push(processorMs(args));
    const server = "a server that leads";
    for (let run = 0; run < runs; run++) {
      const ms = await serverMs();
      if (ms !== undefined) times.set(server, [...(times.get(server) ?? []), ms]);
    }
    const bare = median(times.get("node -e 0") ?? []);
    const rows = [...times].map(([name, values]) => ({ name, ms: median(values), ratio: median(values) / bare }));
    if (json === true) console.log(JSON.stringify({ runs, commands: rows }));
    else
      for (const { name, ms, ratio } of rows)
        console.log(`${name.padEnd(22)} ${ms.toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} times bare Node`);
  } finally {
    await cluster.destroy();
  }
}

await main();
