// What the servers of a local cluster say of themselves, as a table.

import { get } from "node:http";
import { connect } from "node:net";
import { everyId, serverLayout } from "./layout.js";
import { findProcess } from "./processes.js";

/** What has answered at an HTTP address in a second: `{ status }` of a Terrarium server, or `{ body }`; undefined: nothing. */
function fetchStatus(address) {
  return new Promise((done) => {
    const request = get(`http://${address}/status`, { agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
        // No status is as long as that.
        if (body.length > 1 << 20) request.destroy();
      });
      response.on("error", () => done(undefined));
      response.on("end", () => {
        try {
          const status = JSON.parse(body);
          done(typeof status?.clusterId === "string" ? { status } : { body });
        } catch {
          done({ body });
        }
      });
    });
    // For the whole answer: a stranger may send a little now and then for ever.
    const timer = setTimeout(() => request.destroy(), 1000);
    request.on("error", () => done(undefined));
    request.on("close", () => {
      clearTimeout(timer);
      done(undefined);
    });
  });
}

/** Each server that may run here, with its process and status: `{ server, found, status }`. What another one says is none. */
export function survey(cluster) {
  return Promise.all(
    everyId(cluster).map(async (id) => {
      const server = serverLayout(cluster, id);
      const found = findProcess(server);
      const answer = found?.state === "running" ? await fetchStatus(server.httpAddress) : undefined;
      const status = isOwn(cluster, id, answer?.status) ? answer.status : undefined;
      return { server, found, status };
    }),
  );
}

function isOwn(cluster, id, status) {
  return status !== undefined && status.clusterId === cluster.clusterId && status.id === id;
}

/** Sentences on the ports of servers that do not run, or say nothing, where something else answers. */
export async function strangers(cluster, reports) {
  const silent = reports.filter(({ found, status }) => found?.state !== "paused" && status === undefined);
  const found = await Promise.all(silent.map(({ server, found }) => strangerAt(cluster, server, found !== undefined)));
  return found.filter((sentence) => sentence !== undefined);
}

async function strangerAt(cluster, server, runs) {
  const { id, ports } = server;
  const answer = await fetchStatus(server.httpAddress);
  const { status } = answer ?? {};
  // It may have come up in this moment.
  if (isOwn(cluster, id, status) && runs) return undefined;
  if (status !== undefined) {
    const which = status.clusterId === cluster.clusterId ? "this cluster" : `another cluster, ${status.clusterId}`;
    return `port ${ports.http} (HTTP of server ${id}): server ${status.id} of ${which}, answers there`;
  }
  if (runs && answer === undefined) return undefined;
  for (const [use, port] of Object.entries(ports))
    if (!runs && (await answers(port)))
      return `port ${port} (${use} of server ${id}): something that is no server of this cluster listens there`;
  return runs ? `port ${ports.http} (HTTP of server ${id}): what answers there is no Terrarium server` : undefined;
}

/** Whether something accepts connections at a port of this machine. */
function answers(port) {
  return new Promise((done) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    const end = (answer) => {
      socket.destroy();
      done(answer);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
    socket.on("timeout", () => end(false));
  });
}

/**
 * The status of the leader that a majority of the voters follows, itself included; undefined without one. Observers do not
 * count. A voter that was not asked, since it runs elsewhere, follows if the leader hears of it.
 */
export function leaderStatus(reports) {
  const said = reports.flatMap(({ status }) => (status === undefined ? [] : [status]));
  const asked = new Set(reports.map(({ server }) => server.id));
  return said.find((status) => {
    if (status.role !== "leader") return false;
    const voters = status.members.filter(({ voter }) => voter);
    const follows = ({ id, active }) =>
      asked.has(id)
        ? said.some((s) => s.id === id && s.leader === status.id && s.term === status.term)
        : active === true;
    return voters.filter(follows).length > voters.length / 2;
  });
}

/** The id of the leader that a majority of the voters follows; undefined without one. */
export function agreedLeader(reports) {
  return leaderStatus(reports)?.id;
}

/** What a server does or how it stands: its own word, or the leader's of one that is on its way in or out. */
export function roleOf({ server, status }, leader) {
  if (leader !== undefined) {
    const member = leader.members.find(({ id }) => id === server.id);
    if (member?.state === "catchingUp") return "catching up";
    if (member?.state === "leaving") return "leaving";
    if (member === undefined) return status?.joining === true ? "waiting" : "removed";
  }
  return status?.role;
}

export function stateOf({ found, status }) {
  return found === undefined ? "stopped" : found.state === "paused" ? "paused" : status ? "running" : "silent";
}

/** The table that people read. */
export function table(reports) {
  const rows = [["server", "state", "role", "term", "commit", "applied", "attached", "client address", "HTTP"]];
  const leader = leaderStatus(reports);
  for (const report of reports) {
    const { server, status } = report;
    const numbers = status
      ? [status.term, status.commitIndex, status.appliedIndex, status.connections].map(String)
      : ["-", "-", "-", "-"];
    const role = (status === undefined ? undefined : roleOf(report, leader)) ?? "-";
    const places = [server.clientAddress, `http://${server.httpAddress}`];
    rows.push([String(server.id), stateOf(report), role, ...numbers, ...places]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
