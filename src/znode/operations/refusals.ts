/** Why operations and reads are refused: the sentences that several of them share. */
import { limits } from "../../base/limits.ts";
import { type Refusal, refusal } from "../failures.ts";
import { configPath, pathProblem, quotePath } from "../paths.ts";
import type { DecidedOn } from "./decision.ts";

/** Why nothing is found at `path`: it is no path of a znode, or there is no such znode. */
export function noNodeAt(path: string): Refusal {
  const problem = pathProblem(path);
  return problem === undefined ? noNode(path) : badPath(path, problem);
}

/** There is no znode at `path`, which may not have been checked: a parent's path may be anything. */
export function noNode(path: string): Refusal {
  return refusal("NO_NODE", `the znode ${pathProblem(path) === undefined ? path : quotePath(path)} does not exist`);
}

/** `problem`: why it is no path that will do, as the end of a sentence. */
export function badPath(path: string, problem: string): Refusal {
  return refusal("BAD_ARGUMENTS", `the path ${quotePath(path)} is refused: ${problem}`);
}

/** Clients do not write what tells them where to connect to. */
export function serversAlone(path: string): Refusal {
  return badPath(path, `the servers alone write ${configPath}; \`kvctl member\` changes what it says`);
}

/** The znode has another version than the one that was expected. */
export function badVersion({ path, version }: DecidedOn, expected: number): Refusal {
  return refusal("BAD_VERSION", `the znode ${path} has version ${version}, not ${expected}`);
}

/** The znode's list has another version than the one that was expected. */
export function badAclVersion({ path, aversion }: DecidedOn, expected: number): Refusal {
  return refusal("BAD_VERSION", `the access control list of ${path} has version ${aversion}, not ${expected}`);
}

/** More data than a znode holds. */
export function dataTooLarge(data: Uint8Array): Refusal {
  return refusal("DATA_TOO_LARGE", `the data has ${data.length} bytes; a znode holds at most ${limits.dataBytesMax}`);
}
