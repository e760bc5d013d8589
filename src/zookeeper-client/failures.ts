/** What may go wrong between a client and a ZooKeeper server. */
import { zkError } from "../zookeeper/errors.ts";

const names = new Map<number, string>(Object.entries(zkError).map(([name, code]) => [code, name]));

/** The server refuses a request. */
export class ZooKeeperError extends Error {
  override readonly name = "ZooKeeperError";
  /** ZooKeeper's code. */
  readonly code: number;

  constructor(code: number) {
    super(`ZooKeeper's error ${code}${names.has(code) ? ` (${names.get(code)})` : ""}`);
    this.code = code;
  }
}

/**
 * Why there is no session: nobody is there, who is there speaks something else, or serves nobody just now, the connection
 * is gone, the credentials are refused.
 */
export type ConnectionTrouble = "unreachable" | "stranger" | "notServing" | "lost" | "authFailed";

/** There is no connection to a server, or no more. What was asked of it and has no answer may have been done. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly trouble: ConnectionTrouble;
  readonly address: string;

  constructor(trouble: ConnectionTrouble, address: string, why: string) {
    super(`${address}: ${why}`);
    this.trouble = trouble;
    this.address = address;
  }
}
