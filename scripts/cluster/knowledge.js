// What we know of the cluster: from its leader, where there is one, else from our own record. An `add` or a `remove` may
// be interrupted at any moment, and kvctl changes the membership too: so every command asks first.

import { setTimeout as sleep } from "node:timers/promises";
import { Complaint, existingCluster, readCluster, saveCluster, serverLayout } from "./layout.js";
import { leaderStatus, survey } from "./report.js";
import { kvctl, self } from "./words.js";

/** How long servers that were started may take until they serve, ms. */
export const startTimeoutMs = 30_000;

/**
 * Asks all servers, and notes what the leader says of the members. Returns
 * - `cluster`: with the members that we handle in `ids`;
 * - `reports`: as of `survey`, those of servers that are no members among them;
 * - `leader`: its status; undefined without one that a majority follows;
 * - `strays`: ids of servers that are here and are no members; undefined without a leader, since nobody knows then;
 * - `elsewhere`: members that are not where we would have started them.
 */
export async function look(known) {
  const reports = await survey(known);
  const leader = leaderStatus(reports);
  if (leader === undefined) return { cluster: known, reports, leader, strays: undefined, elsewhere: [] };
  const isOurs = ({ id, peerAddress, clientAddress }) => {
    const place = serverLayout(known, id);
    return place.peerAddress === peerAddress && place.clientAddress === clientAddress;
  };
  const ids = leader.members.filter(isOurs).map(({ id }) => id);
  const all = leader.members.map(({ id }) => id);
  const cluster = note(known, ids, Math.max(known.lastId, ...all));
  const elsewhere = leader.members.filter((member) => !isOurs(member));
  const strays = reports.map(({ server }) => server.id).filter((id) => !ids.includes(id));
  return { cluster, reports, leader, strays, elsewhere };
}

/** Writes down what has been learnt, unless the cluster has been given up meanwhile, or another command knows better. */
function note(known, ids, lastId) {
  const sorted = [...ids].sort((a, b) => a - b);
  const cluster = { ...known, ids: sorted, lastId };
  if (sorted.join() === known.ids.join() && lastId === known.lastId) return known;
  const now = readCluster();
  if (now?.clusterId !== known.clusterId) return cluster;
  const newest = { ...cluster, lastId: Math.max(lastId, now.lastId) };
  if (sorted.length > 0) saveCluster(newest);
  return newest;
}

/** The cluster that exists here, and what is known of it now. */
export function lookAround() {
  return look(existingCluster());
}

/** Sentences on servers that are no members, and members that are none of our servers. */
export function oddities({ reports, strays, elsewhere }) {
  const sentences = [];
  for (const { server, found, status } of reports) {
    if (strays?.includes(server.id) !== true) continue;
    const { id } = server;
    if (status?.joining === true)
      sentences.push(
        `server ${id} waits to be added: ${self} add goes on with that, ${self} remove ${id} stops it and deletes its data`,
      );
    else
      sentences.push(
        `server ${id} is no member${found === undefined ? "" : ", though it runs"}: ${self} remove ${id} deletes what is left of it`,
      );
  }
  for (const { id, clientAddress } of elsewhere)
    sentences.push(
      `server ${id} (${clientAddress}) is a member that cluster.sh did not start; ${kvctl} status shows it`,
    );
  return sentences;
}

/** The ids that the user's words mean. Some servers may have gone since they were checked. */
export function resolveIds({ reports, leader }, words) {
  const ids = words.map((word) => {
    if (word !== "leader") return Number(word);
    if (leader !== undefined) return leader.id;
    throw new Complaint("nobody leads just now, so that nobody is meant by leader", `see ${self} status`, 1);
  });
  const known = reports.map(({ server }) => server.id);
  const lost = ids.find((id) => !known.includes(id));
  if (lost === undefined) return [...new Set(ids)];
  throw new Complaint(`server ${lost} does not run on this machine`, `the servers here are ${known.join(", ")}`, 1);
}

/**
 * Waits until `enough(view)`, a server of `watched` has died, or time is up. Returns the view with `died` (servers) and
 * `inTime`.
 */
export async function waitFor(cluster, watched, enough, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const view = await look(cluster);
    const died = view.reports.filter(({ server, found }) => watched.includes(server.id) && found === undefined);
    const inTime = enough(view);
    if (died.length > 0 || inTime || performance.now() > deadline)
      return { ...view, died: died.map(({ server }) => server), inTime };
    await sleep(50);
  }
}

/** Followers hear of what is committed with the leader's next heartbeat; a table is not worth more than this, ms. */
const settleTimeoutMs = 3_000;

/**
 * The view once what it shows is of now: each member that runs knows the leader and has applied what was in its log when
 * we first looked. As it is, when that takes long.
 */
export async function settled(cluster) {
  let goal = 0;
  return await waitFor(
    cluster,
    [],
    ({ reports, leader, strays }) => {
      if (leader === undefined) return reports.every(({ status }) => status === undefined);
      goal ||= leader.lastIndex;
      return reports.every(
        ({ server, status }) =>
          status === undefined ||
          strays.includes(server.id) ||
          (status.term === leader.term && status.leader === leader.id && status.appliedIndex >= goal),
      );
    },
    settleTimeoutMs,
  );
}
