// Servers start, stop, fall and freeze.

import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { whyEnded } from "./advice.js";
import { whenInterrupted } from "./interrupt.js";
import { look, lookAround, oddities, resolveIds, settled, startTimeoutMs, waitFor } from "./knowledge.js";
import {
  Complaint,
  createCluster,
  everyId,
  existingCluster,
  forgetCluster,
  home,
  readCluster,
  serverLayout,
  sizes,
} from "./layout.js";
import { checkPorts, findProcess, signalServer, startProcess, stopServers, waitGone } from "./processes.js";
import { roleOf, stateOf, strangers, table } from "./report.js";
import { kvctl, list, self } from "./words.js";

/** Complains about servers that ended while they were waited for. */
function complainOfDead(cluster, died) {
  const [server] = died;
  if (server !== undefined) throw whyEnded(cluster, server);
}

/** What to do about taken ports: those of a cluster that exists do not move. */
const keepsPorts = `give the cluster up, whose ports stay as they are: ${self} reset`;

/** Servers that run and answer, but are not ready, each with the reason. */
function notReady({ reports, strays = [] }) {
  return reports.flatMap(({ server, found, status }) =>
    found?.state === "running" && status?.ready !== true && !strays.includes(server.id)
      ? [`server ${server.id}: ${status?.reason ?? `it does not answer; see ${self} logs ${server.id}`}`]
      : [],
  );
}

/** Checks the size that a cluster is to have, or has. */
export function requestedSize(text) {
  const size = /^\d+$/.test(text) ? Number(text) : 0;
  if (!sizes.includes(size)) {
    throw new Complaint(`a cluster has 1, 3, 5 or 7 servers, not ${text}`, `start one with ${self} 5`);
  }
  const cluster = readCluster();
  if (cluster !== undefined && cluster.size !== size) {
    throw new Complaint(
      `there is a cluster of ${cluster.size} here already, not of ${size}`,
      `start it with ${self} ${cluster.size}, or delete it first with ${self} reset`,
    );
  }
  return { size, cluster };
}

/** Starts a cluster, or what is missing of it. */
export async function up(text) {
  const { size, cluster: existing } = requestedSize(text);
  const cluster = existing ?? createCluster(size);
  const { strays } = await look(cluster);
  // Without a leader nobody knows whether what an interrupted `add` left has a vote, without which none may be elected.
  const ids = everyId(cluster).filter((id) => strays?.includes(id) !== true);
  const servers = ids.map((id) => serverLayout(cluster, id));
  const running = servers.filter((server) => findProcess(server) !== undefined);
  const missing = servers.filter((server) => !running.includes(server));
  if (running.length > 0)
    console.log(`${list(running.map((s) => s.id))} already ${running.length === 1 ? "runs" : "run"}`);
  try {
    const { basePort } = cluster;
    const others = `TERRARIUM_BASE_PORT=${basePort < 64_000 ? basePort + 1000 : basePort - 1000} ${self} ${size}`;
    const wayOut = existing === undefined ? `choose other ports, such as ${others}` : keepsPorts;
    for (const server of missing) await checkPorts(server, wayOut);
  } catch (error) {
    // A cluster that never was leaves no trace.
    if (existing === undefined) await removeAll(cluster);
    throw error;
  }
  const done = whenInterrupted(() => console.error(`cluster.sh: servers may run already: see ${self} status`));
  if (missing.length > 0) {
    console.log(`starting ${list(missing.map((s) => s.id))} …`);
    for (const server of missing) startProcess(cluster, server);
  }
  await showServing(cluster, missing);
  done();
}

/** Waits until the cluster serves, then shows it and what to do with it. */
async function showServing(cluster, started) {
  const ready = (view) => view.leader !== undefined && notReady(view).length === 0;
  const ids = started.map(({ id }) => id);
  const waited = await waitFor(cluster, ids, ready, startTimeoutMs);
  complainOfDead(waited.cluster, waited.died);
  const { reports, leader, strays = [] } = waited.inTime ? await settled(waited.cluster) : waited;
  // A server that we had to start to know it: it has no part.
  const needless = started.filter(({ id }) => strays.includes(id));
  await stopServers(needless);
  console.log(`\n${table(reports.filter(({ server }) => !needless.includes(server)))}\n`);
  for (const { id } of needless)
    console.log(`server ${id} is no member and was stopped again: ${self} remove ${id} deletes what is left of it\n`);
  if (!waited.inTime) {
    const what = leader === undefined ? "no leader" : "not all servers are ready";
    throw new Complaint(`${what} after ${startTimeoutMs / 1000} s`, notReady(waited).join("\n"), 1);
  }
  const { ids: members } = waited.cluster;
  console.log(`endpoints: ${members.map((id) => serverLayout(cluster, id).clientAddress).join(",")}`);
  console.log(`ZooKeeper: ${members.map((id) => serverLayout(cluster, id).zookeeperAddress).join(",")}`);
  console.log(`${dashboardLine(reports)}\n`);
  console.log(`try next:\n  ${kvctl} create /hello world\n  ${kvctl} get /hello`);
  console.log(members.length > 1 ? `  ${self} kill leader    # then: ${self} status` : `  ${self} stop`);
}

/** Starts servers that do not run. */
export async function start(words) {
  const view = await lookAround();
  const ids = resolveIds(view, words);
  for (const id of ids) if (view.strays?.includes(id)) throw noMember(id);
  const { cluster } = view;
  const missing = [];
  for (const server of ids.map((id) => serverLayout(cluster, id))) {
    const found = findProcess(server);
    if (found === undefined) missing.push(server);
    else console.log(`server ${server.id} already runs${found.state === "paused" ? ", paused" : ""}`);
  }
  if (missing.length === 0) return;
  for (const server of missing) await checkPorts(server, keepsPorts);
  for (const server of missing) startProcess(cluster, server);
  await haveStarted(cluster, missing);
  const { reports } = await settled(cluster);
  console.log(`started ${list(missing.map(({ id }) => id))}\n\n${table(reports)}`);
}

function noMember(id) {
  const ways = `${self} remove ${id} deletes what is left of it, ${self} add adds a new one`;
  return new Complaint(`server ${id} is no member of the cluster`, ways, 1);
}

/** Waits until servers that were started take part; complains of those that do not. */
async function haveStarted(cluster, servers) {
  const ids = servers.map(({ id }) => id);
  const view = await waitFor(
    cluster,
    ids,
    (now) => ids.every((id) => hasStarted(now.reports, id, ids)),
    startTimeoutMs,
  );
  complainOfDead(view.cluster, view.died);
  for (const id of ids) {
    const status = view.reports.find((report) => report.server.id === id)?.status;
    if (status === undefined) throw new Complaint(`server ${id} does not answer`, `see ${self} logs ${id}`, 1);
    if (status.admitted !== false) continue;
    const down = view.reports.flatMap((r) => (r.found === undefined ? [r.server.id] : []));
    throw new Complaint(
      `server ${id} runs, but has no data and takes no part: ${status.reason}`,
      `start those that it waits for: ${down.length > 0 ? `${self} start ${down.join(" ")}` : `see ${self} status`}\n` +
        "if its data were deleted, it stops as soon as these tell it so",
      1,
    );
  }
}

/**
 * Whether it is clear what became of a server that was started: it takes part, as one with data does at once. One
 * without asks the others whether they know it, and ends if they do; with nobody to ask it waits.
 */
function hasStarted(reports, id, started) {
  const status = reports.find((report) => report.server.id === id)?.status;
  const alone = reports.every(({ server, found }) => started.includes(server.id) || found?.state !== "running");
  return status !== undefined && (status.admitted !== false || alone);
}

/** Stops servers, or all. */
export async function stop(words) {
  const view = words.length === 0 ? undefined : await lookAround();
  const cluster = view?.cluster ?? existingCluster();
  const ids = view === undefined ? everyId(cluster) : resolveIds(view, words);
  const stopped = await stopServers(ids.map((id) => serverLayout(cluster, id)));
  console.log(stopped.length > 0 ? `stopped ${list(stopped)}; the data stays` : "nothing ran");
}

/** Stops and starts servers, or all members, one after the other, each once the one before serves again. */
export async function restart(words) {
  const view = await lookAround();
  const ids = words.length === 0 ? view.cluster.ids : resolveIds(view, words);
  for (const id of ids) if (view.strays?.includes(id)) throw noMember(id);
  const { cluster } = view;
  for (const id of ids) {
    const server = serverLayout(cluster, id);
    await stopServers([server]);
    await checkPorts(server, keepsPorts);
    const done = whenInterrupted(() => console.error(`cluster.sh: server ${id} may be down: see ${self} status`));
    startProcess(cluster, server);
    await haveStarted(cluster, [server]);
    // Where no majority runs there is nothing to wait for.
    const canServe = ({ reports }) =>
      reports.filter(({ status }) => status !== undefined).length * 2 > cluster.ids.length;
    const serves = (now) => now.reports.some((r) => r.server.id === id && r.status?.ready) || !canServe(now);
    const { inTime } = await waitFor(cluster, [id], serves, startTimeoutMs);
    if (!inTime)
      throw new Complaint(`server ${id} runs, but does not serve`, `see ${self} status; the others were left`, 1);
    done();
    console.log(`restarted server ${id}`);
  }
  console.log(`\n${table((await settled(cluster)).reports)}`);
}

/** Sends a signal to servers; all are looked for before the first gets it. */
export async function signal(words, name, said) {
  const view = await lookAround();
  const servers = resolveIds(view, words).map((id) => serverLayout(view.cluster, id));
  const down = servers.find((server) => findProcess(server) === undefined);
  if (down !== undefined)
    throw new Complaint(`server ${down.id} does not run`, `start it with ${self} start ${down.id}`, 1);
  const state = pausing[name];
  const already = state === undefined ? [] : servers.filter((server) => findProcess(server)?.state === state);
  const others = servers.filter((server) => !already.includes(server));
  for (const server of others) signalServer(server, name);
  if (name === "SIGKILL") for (const server of others) await waitGone(server, 5000);
  if (others.length > 0) console.log(`${said} ${list(others.map(({ id }) => id))}`);
  for (const { id } of already) console.log(`server ${id} is ${state} already`);
}

/** What signals lead to that leave a process: where it is so, nothing is sent. */
const pausing = { SIGSTOP: "paused", SIGCONT: "running" };

/** Shows the servers. Exit code 1 if nobody is served. */
export async function status(json) {
  const view = await lookAround();
  const { cluster, reports, leader, elsewhere } = view;
  const notes = [...oddities(view), ...(await strangers(cluster, reports))];
  if (leader === undefined) process.exitCode = 1;
  if (json) return console.log(JSON.stringify(asObject(view, notes)));
  console.log(table(reports));
  if (reports.some(({ status }) => status !== undefined))
    console.log(`${doorsLine(reports)}\n${dashboardLine(reports)}`);
  for (const sentence of notes) console.log(sentence);
  if (leader === undefined && elsewhere.length === 0)
    console.log("no leader that a majority follows: nobody is served");
}

/** Where the servers that answer speak ZooKeeper's protocol. */
function doorsLine(reports) {
  const up = reports.filter(({ status }) => status !== undefined);
  return `ZooKeeper: ${up.map(({ server }) => server.zookeeperAddress).join(",")}`;
}

/** Where the cluster shows itself in a browser: at any server that answers. */
function dashboardLine(reports) {
  const shown = reports.find(({ status }) => status !== undefined) ?? reports[0];
  return `dashboard: http://${shown.server.httpAddress}/`;
}

function asObject({ cluster, reports, leader, strays, elsewhere }, notes) {
  const servers = reports.map((report) => {
    const { server, found, status } = report;
    const { id, ports, clientAddress, peerAddress, httpAddress, zookeeperAddress, dataDir, log } = server;
    const own = { id, state: stateOf(report), role: roleOf(report, leader) ?? null, pid: found?.pid ?? null };
    const member = strays === undefined ? null : !strays.includes(id);
    return {
      ...own,
      member,
      clientAddress,
      peerAddress,
      httpAddress,
      zookeeperAddress,
      ports,
      dataDir,
      log,
      status: status ?? null,
    };
  });
  const { clusterId, size, basePort } = cluster;
  return {
    clusterId,
    size,
    basePort,
    home,
    leader: leader?.id ?? null,
    served: leader !== undefined,
    servers,
    elsewhere,
    notes,
  };
}

async function removeAll(cluster) {
  const servers = everyId(cluster).map((id) => serverLayout(cluster, id));
  await stopServers(servers);
  for (const server of servers) rmSync(server.folder, { recursive: true, force: true });
  forgetCluster();
  if (existsSync(home) && readdirSync(home).length === 0) rmdirSync(home);
}

/** Stops all servers and deletes all that was of the cluster. */
export async function reset() {
  const cluster = readCluster();
  if (cluster === undefined) {
    console.log("there is no cluster here: nothing to delete");
    return;
  }
  await removeAll(cluster);
  console.log(`stopped all servers and deleted their data in ${home}`);
}
