// Servers join a local cluster and leave it.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { membershipComplaint, whyEnded } from "./advice.js";
import { Complaint, existingCluster, parseServerId, root, saveCluster, serverIds, serverLayout } from "./layout.js";
import { checkPorts, startProcess, stopServers } from "./processes.js";
import { agreedLeader, startTimeoutMs, survey, table, waitFor } from "./report.js";

/** Has kvctl add or remove server `id`; what it complains of is complained of here. */
function kvctlMember(cluster, what, id, ...more) {
  const endpoints = serverIds(cluster).map((id) => serverLayout(cluster, id).clientAddress);
  const args = [join(root, "bin/kvctl.js"), "member", what, String(id), ...more];
  args.push("--endpoints", endpoints.join(","), "--timeout", "60s", "--json");
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status === 0) return;
  let error = { message: "kvctl failed", hint: stderr.trim() };
  try {
    error = JSON.parse(stdout.trim().split("\n").at(-1)).error ?? error;
  } catch {
    // It said nothing that can be read.
  }
  throw membershipComplaint(cluster, what, id, error, status || 1);
}

/** An election takes no longer than this, ms. */
const leaderTimeoutMs = 10_000;

/** A membership changes only where somebody leads. */
async function requireLeader(cluster) {
  const nobodyRuns = (reports) => reports.every(({ found }) => found?.state !== "running");
  const isClear = (reports) => agreedLeader(reports) !== undefined || nobodyRuns(reports);
  const { reports } = await waitFor(cluster, [], isClear, leaderTimeoutMs);
  if (agreedLeader(reports) !== undefined) return;
  const hint = `./cluster.sh status shows who is down; ./cluster.sh ${cluster.size} starts them`;
  throw new Complaint("no leader that a majority follows: the membership cannot change", hint, 1);
}

/** Starts one more server and has it added to the cluster. */
export async function add(flag) {
  const before = existingCluster();
  await requireLeader(before);
  const id = before.lastId + 1;
  // Whatever becomes of it, its id is used up.
  saveCluster({ ...before, lastId: id });
  const cluster = { ...before, ids: [...before.ids, id], lastId: id };
  const server = serverLayout(cluster, id);
  await checkPorts(server, "ask again: the next server takes the next ports");
  console.log(`starting server ${id} …`);
  startProcess(cluster, server);
  try {
    const answers = (reports) => reports.some((r) => r.server.id === id && r.status !== undefined);
    const { died, inTime } = await waitFor(cluster, [id], answers, startTimeoutMs);
    if (died.length > 0) throw whyEnded(before, server);
    if (!inTime) throw new Complaint(`server ${id} does not answer`, "try again: ./cluster.sh add", 1);
    const ports = `${server.peerAddress}/${server.clientAddress}`;
    kvctlMember(before, "add", id, ports, ...(flag === undefined ? [] : [flag]));
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

/** Has a server removed from the cluster, then stops it and deletes its data. */
export async function remove(text) {
  const cluster = existingCluster();
  const id = parseServerId(cluster, text);
  if (cluster.ids.length === 1) throw new Complaint("the last server cannot be removed", "see ./cluster.sh reset");
  await requireLeader(cluster);
  kvctlMember(cluster, "remove", id);
  const rest = { ...cluster, ids: cluster.ids.filter((other) => other !== id) };
  saveCluster(rest);
  const server = serverLayout(cluster, id);
  await stopServers([server]);
  rmSync(server.folder, { recursive: true, force: true });
  console.log(`removed server ${id}\n\n${table(await survey(rest))}`);
}
