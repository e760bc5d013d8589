/** What ZooKeeper's servers refuse, and how there is no connection to them, in words that a person can act on. */
import { TerrariumError } from "../../base/errors.ts";
import { zkError } from "../../zookeeper/errors.ts";
import { ConnectionError, ZooKeeperError } from "../../zookeeper-client/failures.ts";
import { ZnodeRefusal } from "./trees.ts";

/** QUOTAEXCEEDED: of servers from 3.7 on. */
const quotaExceeded = -125;

/** Whether it is this of ZooKeeper's errors. */
export function isCode(error: unknown, code: number): boolean {
  return error instanceof ZooKeeperError && error.code === code;
}

/** What ZooKeeper's errors say of one znode. */
const sentences: Readonly<Record<number, string>> = {
  [zkError.NOAUTH]: "the ZooKeeper server does not permit it (--zk-auth shows it who you are)",
  [zkError.INVALIDACL]: "the ZooKeeper server does not take its access control list",
  [zkError.NOCHILDRENFOREPHEMERALS]: "its parent is ephemeral there, and can have no children",
  [zkError.BADARGUMENTS]: "the ZooKeeper server does not take it (BADARGUMENTS)",
  [quotaExceeded]: "the ZooKeeper server has a quota that forbids it",
};

/** An error that is of one znode as a refusal, others as they are to be shown. */
export function refusalOf(error: unknown, kind?: string): unknown {
  if (!(error instanceof ZooKeeperError)) return explained(error);
  if (error.code === zkError.UNIMPLEMENTED && kind === "ttl")
    return new ZnodeRefusal("the ZooKeeper server makes no znodes with a time to live (its extendedTypesEnabled)");
  return new ZnodeRefusal(sentences[error.code] ?? `the ZooKeeper server refuses it: ${error.message}`);
}

/** What has to be known by a person who has no connection. */
export function explained(error: unknown): unknown {
  if (!(error instanceof ConnectionError)) return error;
  switch (error.trouble) {
    case "stranger":
      return new TerrariumError(
        "PROTOCOL_ERROR",
        `no ZooKeeper server: ${error.message}`,
        `give the port where ZooKeeper's clients connect: 2181 by custom, base port + 300 + id of cluster.sh`,
      );
    case "authFailed":
      return new TerrariumError("AUTH_FAILED", error.message, "check --zk-auth: digest:user:password for most servers");
    default:
      return new TerrariumError(
        "NO_SERVER",
        `no ZooKeeper server answers: ${error.message}`,
        "check the address, and that the server runs and has a quorum: `echo srvr | nc HOST PORT`",
      );
  }
}
