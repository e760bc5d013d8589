// A majority is lost for good: one server that is left goes on as a cluster of its own.

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { look, resolveIds } from "./knowledge.js";
import { Complaint, everyId, existingCluster, saveCluster, serverLayout } from "./layout.js";
import { start } from "./lifecycle.js";
import { oneAtATime } from "./membership.js";
import { list, root, self } from "./words.js";

/** Has `terrarium recover` make one server the only member, which asks unless `yes`; deletes the others; starts it. */
export function recover(words, yes) {
  const known = existingCluster();
  return oneAtATime(async () => {
    const view = await look(known);
    const ids = resolveIds(view, words);
    if (ids.length !== 1) throw new Complaint("one server goes on alone, not several", `such as ${self} recover 3`);
    checkNeeded(known, view, ids[0]);
    const server = serverLayout(known, ids[0]);
    const others = everyId(known).filter((id) => id !== server.id);
    if (others.length > 0) console.error(`cluster.sh deletes the data of ${list(others)} once that is done\n`);
    const args = [join(root, "bin/terrarium.js"), "recover", "--data-dir", server.dataDir, ...(yes ? ["--yes"] : [])];
    const { status } = spawnSync(process.execPath, args, { stdio: ["inherit", "ignore", "inherit"] });
    if (status !== 0) {
      process.exitCode = status ?? 1;
      return;
    }
    // Started once more, most of them would serve the old cluster beside this one.
    for (const id of others) rmSync(serverLayout(known, id).folder, { recursive: true, force: true });
    saveCluster({ ...known, ids: [server.id] });
    console.log(`server ${server.id} is a cluster of its own; ${self} add adds new ones`);
    await start([String(server.id)]);
  });
}

/** Who can start the others loses nothing. */
function checkNeeded(cluster, { leader, reports }, id) {
  if (leader !== undefined)
    throw new Complaint(
      `the cluster is served: server ${leader.id} leads`,
      `nothing is to be recovered; see ${self} status`,
      1,
    );
  const running = reports.flatMap(({ server, found }) => (found === undefined ? [] : [server.id]));
  if (running.length > 0)
    throw new Complaint(
      `${list(running)} still ${running.length === 1 ? "runs" : "run"}`,
      `start the others, if you can: ${self} ${cluster.size}; if their data are lost: ${self} stop, then ${self} recover ${id}`,
      1,
    );
  const { dataDir } = serverLayout(cluster, id);
  if (!existsSync(dataDir))
    throw new Complaint(`server ${id} has no data in ${dataDir}`, `take one that has: ${self} status`, 1);
}
