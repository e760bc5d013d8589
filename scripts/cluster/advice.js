// What to do when something went wrong with a local cluster: in words that can be typed as they are.

import { existsSync, readFileSync } from "node:fs";
import { Complaint } from "./layout.js";
import { startMark } from "./processes.js";
import { kvctl, self } from "./words.js";

/** A log is read from this far before its end, bytes. */
const tailBytes = 64 * 1024;

/** How a server that is of no use any more is replaced. */
function replacement(cluster, id) {
  if (!cluster.ids.includes(id)) return `${self} add`;
  return cluster.ids.length > 1
    ? `${self} remove ${id}    # then a new one: ${self} add`
    : `${self} reset    # deletes it`;
}

/** Why a server has ended, by its log. */
export function whyEnded(cluster, server) {
  const { id } = server;
  const log = existsSync(server.log) ? readFileSync(server.log).subarray(-tailBytes).toString().split("\n") : [];
  const lines = log.slice(log.findLastIndex((line) => line.includes(startMark)) + 1);
  const said = lines.findLastIndex((line) => line.startsWith("terrarium: "));
  if (lines.some((line) => codeOf(line) === "WIPED")) {
    const why = lines[said].slice("terrarium: ".length);
    const what = `server ${id} has ended: its data were lost, so it may not come back under its old id`;
    return new Complaint(what, `${why}\nreplace it by a new one: ${replacement(cluster, id)}`, 1);
  }
  const words =
    (said >= 0 ? lines.slice(said).filter((line) => codeOf(line) === undefined) : lines.slice(-6))
      .join("\n")
      .trimEnd() || "nothing";
  const hint = `if its data cannot be saved: ${replacement(cluster, id)}`;
  return new Complaint(`server ${id} has ended; its log says:`, `${words}\n${hint}`, 1);
}

/** The code of what ended a server, if this line of its log tells of that. It may stand before its last words or behind. */
function codeOf(line) {
  try {
    const { level, code } = JSON.parse(line);
    return level === "fatal" ? code : undefined;
  } catch {
    return undefined;
  }
}

/** A complaint of kvctl, asked to change the membership by adding or removing server `id`, as one of cluster.sh. */
export function membershipComplaint(cluster, what, id, { code, message, hint }, exitCode) {
  const again = `${self} ${what === "add" ? "add" : `remove ${id}`}`;
  const start = `${self} status shows who is down; ${self} ${cluster.size} starts them`;
  const force = `to do it all the same: ${kvctl} member remove ${id} --force, and then ${again}`;
  const [newcomer] = cluster.newcomers;
  const wayOut =
    newcomer === undefined ? "" : `, or take the newcomer out that cannot catch up: ${self} remove ${newcomer}`;
  const hints = {
    WOULD_LOSE_QUORUM: what === "remove" ? `${start}\n${force}` : start,
    NO_QUORUM: start,
    NO_SERVER: start,
    TIMEOUT: `${start}; then try again: ${again}`,
    NOT_READY: `try again: ${again}`,
    WRONG_SERVER: `something else took its ports; the next server takes the next ones: ${again}`,
    CHANGE_IN_PROGRESS: `${self} status shows it: wait for it${wayOut}`,
  };
  return new Complaint(message, hints[code] ?? hint, exitCode);
}
