// What a user may type after ./cluster.sh. Looks at nothing but the words: so it can be asked before anything else is done.

import { Complaint } from "./layout.js";

export const usage = `usage: ./cluster.sh N               start a cluster of N servers (1, 3, 5 or 7), or what is missing of it
       ./cluster.sh status          show the servers; exit code 1 when no leader has a majority, so that nobody is served
       ./cluster.sh logs I [-f]     show the log of server I; -f follows it
       ./cluster.sh stop [I]        stop server I, or all; the data stays
       ./cluster.sh start I         start server I
       ./cluster.sh kill I          kill server I at once (SIGKILL)
       ./cluster.sh pause I         freeze server I (SIGSTOP)
       ./cluster.sh resume I        let it go on (SIGCONT)
       ./cluster.sh add [--observer]  add a server to the running cluster
       ./cluster.sh remove I        take server I out of it, and delete its data
       ./cluster.sh reset           stop all and delete the data
TERRARIUM_BASE_PORT (7100) moves the ports, TERRARIUM_HOME (.cluster) the data and logs.
Exit codes: 0 done, 1 it failed or the cluster cannot serve, 2 used wrongly.`;

/** Commands and how many words may follow them. */
const wordsMax = new Map([
  ["status", 0],
  ["logs", 2],
  ["stop", 1],
  ["start", 1],
  ["kill", 1],
  ["pause", 1],
  ["resume", 1],
  ["add", 1],
  ["remove", 1],
  ["reset", 0],
  ["help", 0],
]);

/** Words after a command that are flags. */
const flags = new Map([
  ["add", { at: 0, name: "--observer", why: "" }],
  ["logs", { at: 1, name: "-f", why: ", to follow" }],
]);

/** `{ command, words }`; the command that starts a cluster is "up", with the size as its word. */
export function parseArguments(args) {
  const [first, ...words] = args;
  if (first === undefined) throw new Complaint("say what to do", usage);
  if (first === "-h" || first === "--help") return { command: "help", words: [] };
  const isSize = /^[-+]?[\d.]+$/.test(first);
  const allowed = isSize ? 0 : wordsMax.get(first);
  if (allowed === undefined) throw new Complaint(`unknown command: ${first}`, usage);
  if (words.length > allowed)
    throw new Complaint(`too many arguments: ${words.slice(allowed).join(" ")}`, "see ./cluster.sh help");
  const flag = flags.get(first);
  const given = flag && words[flag.at];
  if (given !== undefined && given !== flag.name)
    throw new Complaint(`${first}: unknown flag ${given}`, `the only one is ${flag.name}${flag.why}`);
  return isSize ? { command: "up", words: [first] } : { command: first, words };
}
