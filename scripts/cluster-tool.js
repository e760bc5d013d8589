// The commands of cluster.sh. Needs nothing but Node.

import { spawnSync } from "node:child_process";
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
import {
  Complaint,
  createCluster,
  existingCluster,
  home,
  parseServerId,
  readCluster,
  root,
  saveCluster,
  serverIds,
  serverLayout,
  sizes,
} from "./cluster/layout.js";
import {
  checkPorts,
  findProcess,
  lastWords,
  signalServer,
  startProcess,
  stopServers,
  waitGone,
} from "./cluster/processes.js";
import { agreedLeader, survey, table, waitFor } from "./cluster/report.js";

const usage = `usage: ./cluster.sh N               start a cluster of N servers (1, 3, 5 or 7), or what is missing of it
       ./cluster.sh status          show the servers
       ./cluster.sh logs I [-f]     show the log of server I; -f follows it
       ./cluster.sh stop [I]        stop server I, or all; the data stays
       ./cluster.sh start I         start server I
       ./cluster.sh kill I          kill server I at once (SIGKILL)
       ./cluster.sh pause I         freeze server I (SIGSTOP)
       ./cluster.sh resume I        let it go on (SIGCONT)
       ./cluster.sh add [--observer]  add a server to the running cluster
       ./cluster.sh remove I        take server I out of it, and delete its data
       ./cluster.sh reset           stop all and delete the data
TERRARIUM_BASE_PORT (7100) moves the ports, TERRARIUM_HOME (.cluster) the data and logs.`;

const leaderTimeoutMs = 30_000;

function list(ids) {
  return ids.length === 1 ? `server ${ids[0]}` : `servers ${ids.slice(0, -1).join(", ")} and ${ids.at(-1)}`;
}

/** Complains about servers that ended while they were waited for. */
function complainOfDead(died) {
  const [server] = died;
  if (server === undefined) return;
  throw new Complaint(`server ${server.id} has ended; its log says:`, lastWords(server), 1);
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
    for (const server of missing) await checkPorts(server);
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
    agreedLeader(cluster, reports) !== undefined &&
    reports.every((r) => r.found?.state !== "running" || r.status?.ready);
  const { reports, died, inTime } = await waitFor(cluster, started, ready, leaderTimeoutMs);
  complainOfDead(died);
  console.log(`\n${table(reports)}\n`);
  const leader = agreedLeader(cluster, reports);
  if (!inTime && leader === undefined) {
    throw new Complaint(`no leader after ${leaderTimeoutMs / 1000} s`, "see ./cluster.sh logs 1", 1);
  }
  console.log(`endpoints: ${servers.map((server) => server.clientAddress).join(",")}\n`);
  console.log("try next:\n  npx kvctl create /hello world\n  npx kvctl get /hello");
  console.log(
    size > 1 ? `  ./cluster.sh kill ${leader}    # the leader; then: ./cluster.sh status` : "  ./cluster.sh stop",
  );
}

async function start(text) {
  const cluster = existingCluster();
  const server = serverLayout(cluster, parseServerId(cluster, text));
  const found = findProcess(server);
  if (found !== undefined) {
    console.log(`server ${server.id} already runs${found.state === "paused" ? ", paused" : ""}`);
    return;
  }
  await checkPorts(server);
  startProcess(cluster, server);
  const answers = (reports) => reports.some((r) => r.server.id === server.id && r.status !== undefined);
  const { reports, died, inTime } = await waitFor(cluster, [server.id], answers, leaderTimeoutMs);
  complainOfDead(died);
  if (!inTime) throw new Complaint(`server ${server.id} does not answer`, `see ./cluster.sh logs ${server.id}`, 1);
  console.log(`started server ${server.id}\n\n${table(reports)}`);
}

/** Runs kvctl on the cluster; what it complains of is complained of here. */
function kvctl(cluster, ...words) {
  const endpoints = serverIds(cluster).map((id) => serverLayout(cluster, id).clientAddress);
  const args = [join(root, "bin/kvctl.js"), ...words, "--endpoints", endpoints.join(","), "--timeout", "60s", "--json"];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status === 0) return;
  let error = { message: "kvctl failed", hint: "" };
  try {
    error = JSON.parse(stdout.trim().split("\n").at(-1)).error ?? error;
  } catch {
    // It said nothing that can be read.
  }
  throw new Complaint(error.message, error.hint, status || 1);
}

async function add(flag) {
  if (flag !== undefined && flag !== "--observer")
    throw new Complaint(`add: unknown flag ${flag}`, "the only one is --observer");
  const before = existingCluster();
  const id = before.lastId + 1;
  // Whatever becomes of it, its id is used up.
  saveCluster({ ...before, lastId: id });
  const cluster = { ...before, ids: [...before.ids, id], lastId: id };
  const server = serverLayout(cluster, id);
  await checkPorts(server);
  console.log(`starting server ${id} …`);
  startProcess(cluster, server);
  try {
    const answers = (reports) => reports.some((r) => r.server.id === id && r.status !== undefined);
    const { died, inTime } = await waitFor(cluster, [id], answers, leaderTimeoutMs);
    complainOfDead(died);
    if (!inTime) throw new Complaint(`server ${id} does not answer`, `its log is ${server.log}`, 1);
    const ports = `${server.peerAddress}/${server.clientAddress}`;
    kvctl(before, "member", "add", String(id), ports, ...(flag === undefined ? [] : [flag]));
  } catch (error) {
    await stopServers([server]);
    rmSync(server.folder, { recursive: true, force: true });
    throw error;
  }
  saveCluster(cluster);
  console.log(
    `server ${id} is a member${flag === undefined ? "" : ", an observer"}\n\n${table(await survey(cluster))}`,
  );
}

async function remove(text) {
  const cluster = existingCluster();
  const id = parseServerId(cluster, text);
  if (cluster.ids.length === 1) throw new Complaint("the last server cannot be removed", "see ./cluster.sh reset");
  kvctl(cluster, "member", "remove", String(id));
  const rest = { ...cluster, ids: cluster.ids.filter((other) => other !== id) };
  saveCluster(rest);
  const server = serverLayout(cluster, id);
  await stopServers([server]);
  rmSync(server.folder, { recursive: true, force: true });
  console.log(`removed server ${id}\n\n${table(await survey(rest))}`);
}

async function stop(text) {
  const cluster = existingCluster();
  const ids = text === undefined ? serverIds(cluster) : [parseServerId(cluster, text)];
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
  const leader = agreedLeader(cluster, reports);
  if (leader === undefined) console.log("no leader that a majority follows");
}

async function removeAll(cluster) {
  const servers = serverIds(cluster).map((id) => serverLayout(cluster, id));
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
  if (flag !== undefined && flag !== "-f")
    throw new Complaint(`logs: unknown flag ${flag}`, "the only one is -f, to follow");
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
function check([command, ...rest]) {
  if (command === "add") existingCluster();
  else if (command === "start") parseServerId(existingCluster(), rest[0]);
  else requestedSize(command);
}

async function main(args) {
  const [command, ...rest] = args;
  const allowed =
    command === "logs" ? 2 : ["start", "stop", "kill", "pause", "resume", "add", "remove"].includes(command) ? 1 : 0;
  if (rest.length > allowed && command !== "--check") {
    throw new Complaint(`too many arguments: ${rest.slice(allowed).join(" ")}`, "see ./cluster.sh help");
  }
  switch (command) {
    case undefined:
      throw new Complaint("say what to do", usage);
    case "help":
    case "-h":
    case "--help":
      return console.log(usage);
    case "--check":
      return check(rest);
    case "status":
      return await status();
    case "logs":
      return await logs(rest[0], rest[1]);
    case "stop":
      return await stop(rest[0]);
    case "start":
      return await start(rest[0]);
    case "kill":
      return await signal(rest[0], "SIGKILL", "killed");
    case "pause":
      return await signal(rest[0], "SIGSTOP", "paused");
    case "resume":
      return await signal(rest[0], "SIGCONT", "resumed");
    case "add":
      return await add(rest[0]);
    case "remove":
      return await remove(rest[0]);
    case "reset":
      return await reset();
    default:
      if (!/^[-+]?[\d.]+$/.test(command)) throw new Complaint(`unknown command: ${command}`, usage);
      return await up(command);
  }
}

// Whoever reads our output may have seen enough.
process.stdout.on("error", () => process.exit(0));
main(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof Complaint)) throw error;
  console.error(`cluster.sh: ${error.message}`);
  if (error.hint !== "") console.error(error.hint.replace(/^(?=.)/gm, "  "));
  process.exitCode = error.exitCode;
});
