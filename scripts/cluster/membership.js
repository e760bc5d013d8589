// Servers join a local cluster and leave it. Each step is noted before it is taken, so that whoever comes after an
// interruption, of whatever kind, finds a server that is known, and the cluster tells whether it is a member.

import { spawn } from "node:child_process";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { membershipComplaint, whyEnded } from "./advice.js";
import { whenInterrupted } from "./interrupt.js";
import { look, resolveIds, settled, startTimeoutMs, waitFor } from "./knowledge.js";
import { Complaint, existingCluster, home, saveCluster, serverLayout } from "./layout.js";
import { checkPorts, startProcess, stopServers } from "./processes.js";
import { table } from "./report.js";
import { list, root, self } from "./words.js";

/** Ports are counted by ids, a hundred for each use. */
const idMax = 99;

/** Has kvctl add or remove server `id`. Returns what it complains of, `{ error, exitCode }`; undefined if it is done. */
async function kvctlMember(cluster, what, id, ...more) {
  const endpoints = cluster.ids.map((id) => serverLayout(cluster, id).clientAddress);
  const args = [join(root, "bin/kvctl.js"), "member", what, String(id), ...more];
  args.push("--endpoints", endpoints.join(","), "--timeout", "60s", "--json");
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const done = whenInterrupted((signal) => child.kill(signal));
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"])
    child[name].setEncoding("utf8").on("data", (text) => {
      output[name] += text;
    });
  const exitCode = await new Promise((resolve) => child.once("close", resolve));
  done();
  if (exitCode === 0) return undefined;
  let error = { message: "kvctl failed", hint: output.stderr.trim() };
  try {
    error = JSON.parse(output.stdout.trim().split("\n").at(-1)).error ?? error;
  } catch {
    // It said nothing that can be read.
  }
  return { error, exitCode: exitCode ?? 1 };
}

/** An election takes no longer than this, ms. */
const leaderTimeoutMs = 10_000;

/** A membership changes only where somebody leads. Returns what is known then. */
async function requireLeader(cluster) {
  const nobodyRuns = ({ reports }) => reports.every(({ found }) => found?.state !== "running");
  const isClear = (view) => view.leader !== undefined || nobodyRuns(view);
  const view = await waitFor(cluster, [], isClear, leaderTimeoutMs);
  if (view.leader !== undefined) return view;
  const hint = `${self} status shows who is down; ${self} ${cluster.size} starts them`;
  throw new Complaint("no leader that a majority follows: the membership cannot change", hint, 1);
}

/** Two changes at once would take the same id. The lock of a process that has gone does not count. */
export async function oneAtATime(task) {
  const lock = join(home, "change.lock");
  takeLock(lock);
  try {
    return await task();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock) {
  for (;;) {
    // It has its name only once it names us: an empty one would count as left behind.
    const own = `${lock}.${process.pid}`;
    try {
      writeFileSync(own, `${process.pid}\n`);
      return linkSync(own, lock);
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    } finally {
      rmSync(own, { force: true });
    }
    const holder = holderOf(lock);
    if (holder !== undefined)
      throw new Complaint(
        `another cluster.sh add, remove or recover is at work (process ${holder})`,
        "wait for its end, or end it",
        1,
      );
    rmSync(lock, { force: true });
  }
}

/** The process that holds a lock; undefined if it runs no more. */
function holderOf(lock) {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (!(pid > 1)) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === "EPERM" ? "of another user" : undefined;
  }
}

/** Starts one more server, or takes one that waits since an earlier `add`, and has it added to the cluster. */
export function add(observer) {
  const known = existingCluster();
  return oneAtATime(async () => {
    const before = await requireLeader(known);
    const waiting = before.reports.find(
      ({ server, status }) => before.strays.includes(server.id) && status?.joining === true,
    );
    const server = waiting?.server ?? (await startNewcomer(before.cluster));
    const { id } = server;
    const ways = `${self} status tells whether it is; ${self} add goes on with it, ${self} remove ${id} takes it out`;
    const done = whenInterrupted(() => console.error(`cluster.sh: server ${id} may have become a member\n  ${ways}`));
    if (waiting !== undefined) console.log(`server ${id} waits to be added since an earlier add`);
    await addServer(before.cluster, server, observer);
    done();
    const { reports } = await settled(existingCluster());
    console.log(`server ${id} is a member${observer ? ", an observer" : ""}\n\n${table(reports)}`);
  });
}

async function startNewcomer(cluster) {
  const id = cluster.lastId + 1;
  if (id > idMax)
    throw new Complaint(
      `cluster.sh has ports for ${idMax} servers, and all have been used`,
      `begin anew with ${self} reset, or start servers yourself (docs/operations.md)`,
      1,
    );
  // Whatever becomes of it, its id is used up.
  saveCluster({ ...cluster, lastId: id });
  const server = serverLayout(cluster, id);
  await checkPorts(server, "ask again: the next server takes the next ports");
  console.log(`starting server ${id} …`);
  startProcess(cluster, server);
  return server;
}

async function addServer(cluster, server, observer) {
  const { id } = server;
  const answers = ({ reports }) => reports.some((r) => r.server.id === id && r.status !== undefined);
  const { died, inTime } = await waitFor(cluster, [id], answers, startTimeoutMs);
  if (died.length > 0) {
    const why = whyEnded(cluster, server);
    rmSync(server.folder, { recursive: true, force: true });
    throw why;
  }
  if (!inTime)
    throw await undone(cluster, server, new Complaint(`server ${id} does not answer`, `try again: ${self} add`, 1));
  const ports = `${server.peerAddress}/${server.clientAddress}/${server.zookeeperAddress}`;
  const failed = await kvctlMember(cluster, "add", id, ports, ...(observer ? ["--observer"] : []));
  if (failed === undefined) return;
  const complaint = membershipComplaint(await facts(cluster), "add", id, failed.error, failed.exitCode);
  throw await undone(cluster, server, complaint, failed.error.code);
}

/** What advice depends on. */
async function facts(cluster) {
  const { leader } = await look(cluster);
  const newcomers = leader?.members.filter(({ state }) => state === "catchingUp").map(({ id }) => id) ?? [];
  return { ...cluster, newcomers };
}

/** Errors after which the cluster may take the change up all the same, or has. */
const unsure = ["TIMEOUT", "NO_QUORUM", "NOT_READY", "ABORTED"];

/** Ends a newcomer that is certainly no member. Otherwise it must not lose its data: it may have a vote. */
async function undone(cluster, server, complaint, code) {
  const { leader, strays } = await look(cluster);
  if (leader !== undefined && strays.includes(server.id) && !unsure.includes(code)) {
    await stopServers([server]);
    rmSync(server.folder, { recursive: true, force: true });
    return complaint;
  }
  const { id } = server;
  const more = `server ${id} goes on, since it may have become a member: see ${self} status; ${self} remove ${id} takes it out`;
  return new Complaint(complaint.message, `${complaint.hint}\n${more}`, complaint.exitCode);
}

/** Has servers removed from the cluster, one after the other; stops each and deletes its data. */
export function remove(words) {
  const known = existingCluster();
  return oneAtATime(async () => {
    const ids = resolveIds(await requireLeader(known), words);
    for (const id of ids) await removeOne(known, id);
    const { reports } = await settled(existingCluster());
    console.log(`removed ${list(ids)}\n\n${table(reports)}`);
  });
}

async function removeOne(known, id) {
  const { cluster, strays, leader } = await requireLeader(known);
  const server = serverLayout(cluster, id);
  if (!strays.includes(id)) {
    if (leader.members.length === 1) throw new Complaint("the last server cannot be removed", `see ${self} reset`);
    const again = `${self} status tells; ${self} remove ${id} goes on with it`;
    const done = whenInterrupted(() => console.error(`cluster.sh: server ${id} may be no member any more\n  ${again}`));
    const failed = await kvctlMember(cluster, "remove", id);
    done();
    if (failed !== undefined)
      throw membershipComplaint(await facts(cluster), "remove", id, failed.error, failed.exitCode);
  }
  await stopServers([server]);
  rmSync(server.folder, { recursive: true, force: true });
  // Whoever leads tells: it is noted with the next look.
  await look(cluster);
}
