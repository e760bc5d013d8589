// The commands of cluster.sh. Needs nothing but Node.

import { parseArguments, usage } from "./cluster/arguments.js";
import { Complaint, checkServerWords, existingCluster, home } from "./cluster/layout.js";
import { requestedSize, reset, restart, signal, start, status, stop, up } from "./cluster/lifecycle.js";
import { logs } from "./cluster/logs.js";
import { add, remove } from "./cluster/membership.js";
import { recover } from "./cluster/recover.js";

/** Checks what can be checked before anything is done, or installed, or built. */
function check({ command, servers }) {
  if (command === "help" || command === "reset") return;
  if (command === "up") requestedSize(servers[0]);
  else checkServerWords(existingCluster(), servers);
}

async function main(args) {
  const checkOnly = args[0] === "--check";
  const parsed = parseArguments(checkOnly ? args.slice(1) : args);
  check(parsed);
  if (checkOnly) return;
  const { command, servers, flags } = parsed;
  switch (command) {
    case "help":
      return console.log(usage);
    case "up":
      return await up(servers[0]);
    case "status":
      return await status(flags.has("--json"));
    case "logs":
      return await logs(servers, { follow: flags.has("-f"), json: flags.has("--json") });
    case "stop":
      return await stop(servers);
    case "start":
      return await start(servers);
    case "restart":
      return await restart(servers);
    case "kill":
      return await signal(servers, "SIGKILL", "killed");
    case "pause":
      return await signal(servers, "SIGSTOP", "paused");
    case "resume":
      return await signal(servers, "SIGCONT", "resumed");
    case "add":
      return await add(flags.has("--observer"));
    case "remove":
      return await remove(servers);
    case "recover":
      return await recover(servers, flags.has("--yes"));
    case "reset":
      return await reset();
  }
}

function complain({ message, hint, exitCode }) {
  console.error(`cluster.sh: ${message}`);
  if (hint !== "") console.error(hint.replace(/^(?=.)/gm, "  "));
  process.exitCode = exitCode;
}

let outputFailed = false;
process.stdout.on("error", ({ code }) => {
  // Whoever reads our output may have seen enough; anything else is told, once.
  if (code !== "EPIPE" && !outputFailed) complain(new Complaint(`the output cannot be written (${code})`, "", 1));
  outputFailed = true;
  // What was begun is brought to its end all the same; only the showing of a log has none.
  if (process.argv[2] === "logs") process.exit();
});
main(process.argv.slice(2)).catch((error) => {
  if (error instanceof Complaint) return complain(error);
  // What the file system refuses is no bug.
  if (error.syscall === undefined) throw error;
  complain(new Complaint(error.message, `see that ${home} is a folder that can be written`, 1));
});
