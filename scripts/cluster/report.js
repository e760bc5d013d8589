// What the servers of a local cluster say of themselves, as a table.

import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { serverIds, serverLayout } from "./layout.js";
import { findProcess } from "./processes.js";

/** The JSON that a server serves at /status; undefined when it does not answer within a second. */
function fetchStatus(address) {
  return new Promise((done) => {
    const request = get(`http://${address}/status`, { timeout: 1000, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("error", () => done(undefined));
      response.on("end", () => {
        try {
          done(response.statusCode === 200 ? JSON.parse(body) : undefined);
        } catch {
          done(undefined);
        }
      });
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => done(undefined));
  });
}

/** Each server with its process and status: `{ server, found, status }`. */
export function survey(cluster) {
  return Promise.all(
    serverIds(cluster).map(async (id) => {
      const server = serverLayout(cluster, id);
      const found = findProcess(server);
      const status = found?.state === "running" ? await fetchStatus(server.httpAddress) : undefined;
      return { server, found, status };
    }),
  );
}

/** The leader on which a majority of all servers agrees; undefined without one. */
export function agreedLeader(cluster, reports) {
  const votes = new Map();
  for (const { status } of reports) {
    if (status === undefined || status.leader === null) continue;
    const key = `${status.leader}/${status.term}`;
    votes.set(key, (votes.get(key) ?? 0) + 1);
  }
  for (const [key, count] of votes) if (count > cluster.ids.length / 2) return Number(key.split("/")[0]);
  return undefined;
}

/**
 * Waits until `enough(reports)`, a server of `watched` has died, or time is up. Returns `{ reports, died, inTime }`.
 */
export async function waitFor(cluster, watched, enough, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const reports = await survey(cluster);
    const died = reports.filter(({ server, found }) => watched.includes(server.id) && found === undefined);
    const done = enough(reports);
    if (died.length > 0 || done || Date.now() > deadline)
      return { reports, died: died.map((r) => r.server), inTime: done };
    await sleep(50);
  }
}

/** The table that people read. */
export function table(reports) {
  const rows = [["server", "state", "role", "term", "commit", "applied", "attached", "client address", "HTTP"]];
  for (const { server, found, status } of reports) {
    const state = found === undefined ? "stopped" : found.state === "paused" ? "paused" : status ? "running" : "silent";
    const facts = status
      ? [status.role, status.term, status.commitIndex, status.appliedIndex, status.connections].map(String)
      : ["-", "-", "-", "-", "-"];
    rows.push([String(server.id), state, ...facts, server.clientAddress, `http://${server.httpAddress}`]);
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
