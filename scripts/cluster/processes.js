// The server processes of a local cluster: start, find, signal.

import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Complaint, firstIds, serverLayout } from "./layout.js";
import { root, self } from "./words.js";

/** A log that has grown past this is set aside at the next start. Bytes. */
const logBytesMax = 16 * 1024 * 1024;

/** What a server's log says where a run begins. */
export const startMark = "cluster.sh starts the server";

/** While a process becomes another program it has no command line for a moment; others never have one. */
function commandLine(pid) {
  for (let tries = 0; ; tries++) {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    if (args !== "" || tries >= 40) return args;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** Command line and state letter of a process; undefined if there is none. */
function inspect(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  if (existsSync(`/proc/${pid}/stat`)) {
    try {
      const args = commandLine(pid);
      // The name in the second field may hold spaces and parentheses of its own.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      return { args, state: stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) };
    } catch {
      return undefined;
    }
  }
  const { status, stdout } = spawnSync("ps", ["-ww", "-o", "state=,args=", "-p", String(pid)], { encoding: "utf8" });
  const line = status === 0 ? stdout.trim() : "";
  return line === "" ? undefined : { state: line[0], args: line.slice(line.indexOf(" ") + 1) };
}

/**
 * The process of a server: `{ pid, state: "running" | "paused" }`; undefined when it does not run. A process that merely
 * got the old one's number is not ours: ours names the data directory in its command line.
 */
export function findProcess(server) {
  let pid;
  try {
    pid = Number(readFileSync(server.pidFile, "utf8"));
  } catch {
    return undefined;
  }
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const found = inspect(pid);
  if (found === undefined || found.state === "Z" || !`${found.args} `.includes(`${server.dataDir} `)) return undefined;
  return { pid, state: found.state === "T" ? "paused" : "running" };
}

/** Complains when one of the server's ports is taken. `wayOut`: what else can be done than to stop what listens there. */
export async function checkPorts(server, wayOut) {
  for (const [use, port] of Object.entries(server.ports)) {
    const error = await tryListen(port);
    if (error === undefined) continue;
    const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be used (${error.code})`;
    throw new Complaint(
      `port ${port} (${use} of server ${server.id}) ${why}`,
      `stop what listens there, or ${wayOut}`,
      1,
    );
  }
}

function tryListen(port) {
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", done);
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => done(undefined)));
  });
}

/** Starts a server in the background, in a session of its own: it outlives this terminal. */
export function startProcess(cluster, server) {
  mkdirSync(server.folder, { recursive: true });
  if (existsSync(server.log) && statSync(server.log).size > logBytesMax) renameSync(server.log, `${server.log}.old`);
  const { flags } = JSON.parse(readFileSync(join(root, "bin/node-flags.json"), "utf8"));
  const args = [
    ...flags,
    join(root, "bin/terrarium.js"),
    "serve",
    ...["--id", String(server.id), "--cluster-id", cluster.clusterId, ...place(cluster, server)],
    ...["--zookeeper", server.zookeeperAddress, "--zookeeper-words", "*"],
    ...["--http-address", server.httpAddress, "--data-dir", server.dataDir],
    ...diskFlags(),
  ];
  const log = openSync(server.log, "a");
  // A line of its own: what follows was said in this run.
  writeSync(log, `${JSON.stringify({ level: "info", time: new Date(), server: server.id, msg: startMark })}\n`);
  // It notes its number itself before it becomes the server: we may be killed at any moment, and nobody must run unknown.
  const note = 'echo $$ >"$0.own" && mv -f "$0.own" "$0" && exec "$@"';
  const noted = ["-c", note, server.pidFile, process.execPath, ...args];
  const child = spawn("/bin/sh", noted, { detached: true, stdio: ["ignore", log, log], cwd: server.folder });
  closeSync(log);
  // We note it as well, since it may not have come to that yet; nobody is to read half of it.
  writeFileSync(`${server.pidFile}.new`, `${child.pid}\n`);
  renameSync(`${server.pidFile}.new`, server.pidFile);
  child.unref();
  return child.pid;
}

/** When the servers' disks count as almost full, if we are told. */
function diskFlags() {
  const { TERRARIUM_DISK_QUOTA: quota, TERRARIUM_DISK_FREE_MIN: free } = process.env;
  return [...(quota ? ["--disk-quota", quota] : []), ...(free ? ["--disk-free-min", free] : [])];
}

/** How a server finds its cluster: a first member by the list of them, one that was added by asking the others. */
function place(cluster, server) {
  if (server.id <= cluster.size) {
    const members = firstIds(cluster.size).map((id) => serverLayout(cluster, id));
    return [
      "--members",
      members.map((s) => `${s.id}=${s.peerAddress}/${s.clientAddress}/${s.zookeeperAddress}`).join(","),
    ];
  }
  const others = cluster.ids.filter((id) => id !== server.id);
  // The last one has nobody to ask, and data that tell it all; yet the list must not be empty.
  const asked = others.length > 0 ? others : [server.id];
  const join = asked.map((id) => serverLayout(cluster, id).clientAddress).join(",");
  return ["--join", join, "--peer-address", server.peerAddress, "--client-address", server.clientAddress];
}

/** Sends a signal to a server that runs. */
export function signalServer(server, signal) {
  if (!signalled(server, signal))
    throw new Complaint(`server ${server.id} does not run`, `start it with ${self} start ${server.id}`, 1);
}

/** Sends a signal to a server. False if it does not run, or has ended at this very moment. */
function signalled(server, signal) {
  const found = findProcess(server);
  if (found === undefined) return false;
  try {
    process.kill(found.pid, signal);
    return true;
  } catch (error) {
    if (error.code === "ESRCH") return false;
    throw error;
  }
}

/** Waits until a server's process is gone. Returns whether it went in time. */
export async function waitGone(server, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  while (findProcess(server) !== undefined) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  rmSync(server.pidFile, { force: true });
  return true;
}

/** Stops servers that run, politely first. Returns the ids of those that ran. */
export async function stopServers(servers) {
  const running = servers.filter((server) => findProcess(server) !== undefined);
  for (const server of running) {
    signalled(server, "SIGTERM");
    // One that is paused hears it only now.
    signalled(server, "SIGCONT");
  }
  for (const server of running) {
    if (await waitGone(server, 8000)) continue;
    signalled(server, "SIGKILL");
    await waitGone(server, 2000);
  }
  return running.map((server) => server.id);
}
