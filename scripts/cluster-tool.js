// The commands of cluster.sh. Needs nothing but Node.

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { whyEnded } from "./cluster/advice.js";
import { parseArguments, usage } from "./cluster/arguments.js";
import {
  Complaint,
  createCluster,
  everyId,
  existingCluster,
  home,
  parseServerId,
  readCluster,
  serverIds,
  serverLayout,
  sizes,
} from "./cluster/layout.js";
import { add, remove } from "./cluster/membership.js";
import { checkPorts, findProcess, signalServer, startProcess, stopServers, waitGone } from "./cluster/processes.js";
import { agreedLeader, startTimeoutMs, strangers, survey, table, waitFor } from "./cluster/report.js";

function list(ids) {
  return ids.length === 1 ? `server ${ids[0]}` : `servers ${ids.slice(0, -1).join(", ")} and ${ids.at(-1)}`;
}

/** Complains about servers that ended while they were waited for. */
function complainOfDead(cluster, died) {
  const [server] = died;
  if (server !== undefined) throw whyEnded(cluster, server);
}

/** What to do about taken ports: those of a cluster that exists do not move. */
const keepsPorts = "give the cluster up, whose ports stay as they are: ./cluster.sh reset";

/** Servers that run and answer, but are not ready, each with the reason. */
function notReady(reports) {
  return reports.flatMap(({ server, found, status }) =>
    found?.state === "running" && status?.ready !== true
      ? [`server ${server.id}: ${status?.reason ?? `it does not answer; see ./cluster.sh logs ${server.id}`}`]
      : [],
  );
}

function requestedSize(text) {
  const size = /^\d+$/.test(text) ? Number(text) : 0;
  if (!sizes.includes(size)) {
    throw new Complaint(`a cluster has 1, 3, 5 or 7 servers, not ${text}`, "start one with ./cluster.sh 5");
  }
  const cluster = readCluster();
  if (cluster !== undefined && cluster.size !== size) {
    throw new Complaint(
      `there is a cluster of ${cluster.size} here already, not of ${size}`,
      `start it with ./cluster.sh ${cluster.size}, or delete it first with ./cluster.sh reset`,
    );
  }
  return { size, cluster };
}

async function up(text) {
  const { size, cluster: existing } = requestedSize(text);
  const cluster = existing ?? createCluster(size);
  const servers = serverIds(cluster).map((id) => serverLayout(cluster, id));
  const running = servers.filter((server) => findProcess(server) !== undefined);
  const missing = servers.filter((server) => !running.includes(server));
  if (running.length > 0)
    console.log(`${list(running.map((s) => s.id))} already ${running.length === 1 ? "runs" : "run"}`);
  try {
    const { basePort } = cluster;
    const others = `TERRARIUM_BASE_PORT=${basePort < 64_000 ? basePort + 1000 : basePort - 1000} ./cluster.sh ${size}`;
    const wayOut = existing === undefined ? `choose other ports, such as ${others}` : keepsPorts;
    for (const server of missing) await checkPorts(server, wayOut);
  } catch (error) {
    // A cluster that never was leaves no trace.
    if (existing === undefined) await removeAll(cluster);
    throw error;
  }
  if (missing.length > 0) {
    console.log(`starting ${list(missing.map((s) => s.id))} …`);
    for (const server of missing) startProcess(cluster, server);
  }
  const started = missing.map((server) => server.id);
  const ready = (reports) =>
    agreedLeader(reports) !== undefined && reports.every((r) => r.found?.state !== "running" || r.status?.ready);
  const { reports, died, inTime } = await waitFor(cluster, started, ready, startTimeoutMs);
  complainOfDead(cluster, died);
  console.log(`\n${table(reports)}\n`);
  const leader = agreedLeader(reports);
  if (!inTime) {
    const what = leader === undefined ? "no leader" : "not all servers are ready";
    throw new Complaint(`${what} after ${startTimeoutMs / 1000} s`, notReady(reports).join("\n"), 1);
  }
  console.log(`endpoints: ${servers.map((server) => server.clientAddress).join(",")}\n`);
  console.log("try next:\n  npx kvctl create /hello world\n  npx kvctl get /hello");
  console.log(
    size > 1 ? `  ./cluster.sh kill ${leader}    # the leader; then: ./cluster.sh status` : "  ./cluster.sh stop",
  );
}

async function start(text) {
  const cluster = existingCluster();
  const id = parseServerId(cluster, text);
  const server = serverLayout(cluster, id);
  const found = findProcess(server);
  if (found !== undefined) {
    console.log(`server ${id} already runs${found.state === "paused" ? ", paused" : ""}`);
    return;
  }
  await checkPorts(server, keepsPorts);
  startProcess(cluster, server);
  const { reports, died, inTime } = await waitFor(cluster, [id], (all) => hasStarted(all, id), startTimeoutMs);
  complainOfDead(cluster, died);
  const status = reports.find((report) => report.server.id === id)?.status;
  if (status === undefined) throw new Complaint(`server ${id} does not answer`, `see ./cluster.sh logs ${id}`, 1);
  if (!inTime || status.admitted === false) {
    const down = reports.flatMap((r) => (r.found === undefined ? [`./cluster.sh start ${r.server.id}`] : []));
    throw new Complaint(
      `server ${id} runs, but has no data and takes no part: ${status.reason}`,
      `start those that it waits for: ${down.join(", ") || "see ./cluster.sh status"}\n` +
        "if its data were deleted, it stops as soon as these tell it so",
      1,
    );
  }
  console.log(`started server ${id}\n\n${table(reports)}`);
}

/**
 * Whether it is clear what became of a server that was started: it takes part, as one with data does at once. One
 * without asks the others whether they know it, and ends if they do; with nobody to ask it waits.
 */
function hasStarted(reports, id) {
  const status = reports.find((report) => report.server.id === id)?.status;
  const alone = reports.every(({ server, found }) => server.id === id || found?.state !== "running");
  return status !== undefined && (status.admitted !== false || alone);
}

async function stop(text) {
  const cluster = existingCluster();
  const ids = text === undefined ? everyId(cluster) : [parseServerId(cluster, text)];
  const stopped = await stopServers(ids.map((id) => serverLayout(cluster, id)));
  console.log(stopped.length > 0 ? `stopped ${list(stopped)}; the data stays` : "nothing ran");
}

async function signal(text, name, said) {
  const cluster = existingCluster();
  const server = serverLayout(cluster, parseServerId(cluster, text));
  signalServer(server, name);
  if (name === "SIGKILL") await waitGone(server, 5000);
  console.log(`${said} server ${server.id}`);
}

async function status() {
  const cluster = existingCluster();
  const reports = await survey(cluster);
  console.log(table(reports));
  for (const sentence of await strangers(cluster, reports)) console.log(sentence);
  if (agreedLeader(reports) !== undefined) return;
  console.log("no leader that a majority follows: nobody is served");
  process.exitCode = 1;
}

async function removeAll(cluster) {
  const servers = everyId(cluster).map((id) => serverLayout(cluster, id));
  await stopServers(servers);
  for (const server of servers) rmSync(server.folder, { recursive: true, force: true });
  rmSync(join(home, "cluster.env"), { force: true });
  if (existsSync(home) && readdirSync(home).length === 0) rmdirSync(home);
}

async function reset() {
  const cluster = readCluster();
  if (cluster === undefined) {
    console.log("there is no cluster here: nothing to delete");
    return;
  }
  await removeAll(cluster);
  console.log(`stopped all servers and deleted their data in ${home}`);
}

async function logs(text, flag) {
  const cluster = existingCluster();
  const { log, id } = serverLayout(cluster, parseServerId(cluster, text));
  if (!existsSync(log)) throw new Complaint(`server ${id} has no log yet`, `start it with ./cluster.sh start ${id}`, 1);
  const whole = readFileSync(log);
  process.stdout.write(whole);
  if (flag === undefined) return;
  let offset = whole.length;
  // Until interrupted. A log that was set aside begins again.
  setInterval(() => {
    const size = existsSync(log) ? statSync(log).size : 0;
    if (size < offset) offset = 0;
    if (size === offset) return;
    const file = openSync(log, "r");
    const chunk = Buffer.alloc(Math.min(size - offset, 1 << 20));
    offset += readSync(file, chunk, 0, chunk.length, offset);
    closeSync(file);
    process.stdout.write(chunk);
  }, 200);
}

/** Checks what can be checked before anything is installed or built. */
function check({ command, words }) {
  if (command === "add") existingCluster();
  else if (command === "up") requestedSize(words[0]);
  else parseServerId(existingCluster(), words[0]);
}

async function main(args) {
  if (args[0] === "--check") return check(parseArguments(args.slice(1)));
  const { command, words } = parseArguments(args);
  switch (command) {
    case "help":
      return console.log(usage);
    case "up":
      return await up(words[0]);
    case "status":
      return await status();
    case "logs":
      return await logs(words[0], words[1]);
    case "stop":
      return await stop(words[0]);
    case "start":
      return await start(words[0]);
    case "kill":
      return await signal(words[0], "SIGKILL", "killed");
    case "pause":
      return await signal(words[0], "SIGSTOP", "paused");
    case "resume":
      return await signal(words[0], "SIGCONT", "resumed");
    case "add":
      return await add(words[0]);
    case "remove":
      return await remove(words[0]);
    case "reset":
      return await reset();
  }
}

function complain({ message, hint, exitCode }) {
  console.error(`cluster.sh: ${message}`);
  if (hint !== "") console.error(hint.replace(/^(?=.)/gm, "  "));
  process.exitCode = exitCode;
}

let outputFailed = false;
process.stdout.on("error", ({ code }) => {
  // Whoever reads our output may have seen enough; anything else is told, once.
  if (code !== "EPIPE" && !outputFailed) complain(new Complaint(`the output cannot be written (${code})`, "", 1));
  outputFailed = true;
  // What was begun is brought to its end all the same; only the showing of a log has none.
  if (process.argv[2] === "logs") process.exit();
});
main(process.argv.slice(2)).catch((error) => {
  if (error instanceof Complaint) return complain(error);
  // What the file system refuses is no bug.
  if (error.syscall === undefined) throw error;
  complain(new Complaint(error.message, `see that ${home} is a folder that can be written`, 1));
});
