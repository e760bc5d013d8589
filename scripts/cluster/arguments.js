// What a user may type after cluster.sh. Looks at nothing but the words: so it can be asked before anything else is done.

import { Complaint } from "./layout.js";
import { self } from "./words.js";

export const usage = `usage: ${self} N                start a cluster of N servers (1, 3, 5 or 7), or what is missing of it
       ${self} status [--json]  show the servers; exit code 1 when no leader has a majority, so that nobody is served
       ${self} logs [I…] [-f] [--json]
                                      show the logs of servers, or of all, in the order of time; -f follows them,
                                      --json shows the lines as they are
       ${self} stop [I…]        stop servers, or all; the data stays
       ${self} start I…         start servers
       ${self} restart [I…]     stop and start servers, or all, one after the other: the cluster serves meanwhile
       ${self} kill I…          kill servers at once (SIGKILL)
       ${self} pause I…         freeze servers (SIGSTOP)
       ${self} resume I…        let them go on (SIGCONT)
       ${self} add [--observer] add a server to the running cluster
       ${self} remove I…        take servers out of it, and delete their data
       ${self} recover I [--yes] when a majority is lost for good: server I goes on alone, the rest is deleted
       ${self} reset            stop all and delete the data
I is a server's number, or "leader" for the one that leads: ${self} kill leader
TERRARIUM_BASE_PORT (7100) moves the ports, TERRARIUM_HOME (.cluster) the data and logs;
TERRARIUM_DISK_QUOTA and TERRARIUM_DISK_FREE_MIN are the --disk-quota and --disk-free-min of servers that are started.
Exit codes: 0 done, 1 it failed or the cluster cannot serve, 2 used wrongly.`;

/** Commands: how many servers they take (`some`: at least one, `any`: none means all), and their flags. */
const commands = new Map([
  ["status", { servers: "none", flags: ["--json"] }],
  ["logs", { servers: "any", flags: ["-f", "--json"] }],
  ["stop", { servers: "any", flags: [] }],
  ["start", { servers: "some", flags: [] }],
  ["restart", { servers: "any", flags: [] }],
  ["kill", { servers: "some", flags: [] }],
  ["pause", { servers: "some", flags: [] }],
  ["resume", { servers: "some", flags: [] }],
  ["add", { servers: "none", flags: ["--observer"] }],
  ["remove", { servers: "some", flags: [] }],
  ["recover", { servers: "some", flags: ["--yes"] }],
  ["reset", { servers: "none", flags: [] }],
  ["help", { servers: "none", flags: [] }],
]);

/**
 * `{ command, servers, flags }`: `servers` as typed, `flags` a set. The command that starts a cluster is "up", with the
 * size in `servers`.
 */
export function parseArguments(args) {
  const [first, ...words] = args;
  if (first === undefined) throw new Complaint("say what to do", usage);
  if (first === "-h" || first === "--help") return parsed("help", [], []);
  const isSize = /^[-+]?[\d.]+$/.test(first);
  const command = isSize ? { servers: "none", flags: [] } : commands.get(first);
  if (command === undefined) throw new Complaint(`unknown command: ${first}`, `${closest(first)}${usage}`);
  if (words.includes("-h") || words.includes("--help")) return parsed("help", [], []);
  const given = words.filter((word) => word.startsWith("-"));
  const servers = words.filter((word) => !word.startsWith("-"));
  const stranger = given.find((flag) => !command.flags.includes(flag));
  if (stranger !== undefined) {
    const known = command.flags.length === 0 ? `see ${self} help` : `it knows ${command.flags.join(" and ")}`;
    throw new Complaint(`${first}: unknown flag ${stranger}`, known);
  }
  if (command.servers === "none" && servers.length > 0)
    throw new Complaint(`too many arguments: ${servers.join(" ")}`, `see ${self} help`);
  if (command.servers === "some" && servers.length === 0)
    throw new Complaint(`${first}: which server is missing`, `such as ${self} ${first} 1`);
  return isSize ? parsed("up", [first], []) : parsed(first, servers, given);
}

function parsed(command, servers, flags) {
  return { command, servers: [...new Set(servers)], flags: new Set(flags) };
}

/** A line that names the command that was meant, if one begins alike. */
function closest(word) {
  const found = [...commands.keys()].filter(
    (name) => word.length > 1 && (name.startsWith(word) || word.startsWith(name)),
  );
  return found.length === 1 ? `did you mean ${found[0]}?\n` : "";
}
