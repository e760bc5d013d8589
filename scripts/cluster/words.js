// How the commands are called from where the user stands, so that hints can be typed as they are.

import { existsSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** A word for a shell: quoted if it has to be. */
function shellWord(text) {
  return /^[\w./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function insideCheckout() {
  const path = relative(root, process.cwd());
  return path === "" || (path !== ".." && !path.startsWith(`..${sep}`) && resolve(path) !== path);
}

function ownName() {
  const typed = process.env.TERRARIUM_CLUSTER_SH;
  if (process.cwd() === root || typed === undefined || typed === "") return "./cluster.sh";
  if (typed.includes("/")) return shellWord(typed);
  return existsSync(typed) ? `./${typed}` : shellWord(typed);
}

/** This script, as a command. */
export const self = ownName();

/** kvctl, as a command: npx finds it in the checkout only. */
export const kvctl = insideCheckout() ? "npx kvctl" : `node ${shellWord(resolve(root, "bin/kvctl.js"))}`;

/** `server 1`, `servers 1, 2 and 3`. */
export function list(ids) {
  return ids.length === 1 ? `server ${ids[0]}` : `servers ${ids.slice(0, -1).join(", ")} and ${ids.at(-1)}`;
}
