/** Where a subtree of ZooKeeper servers is: `zk://host:port,host:port/path`. */

import type { Credential } from "../../base/acl.ts";
import { fromUtf8, utf8 } from "../../base/bytes.ts";
import { isEndpoint } from "../../base/endpoint.ts";
import { checkPath } from "../arguments.ts";
import { usage } from "../failures.ts";
import type { DataInputs } from "../ports.ts";

/** By custom. */
const portDefault = 2181;
const form = "write it as zk://host:port/path; further servers go behind commas, as zk://a:2181,b:2181/path";

export interface ZooKeeperPlace {
  /** `host:port`. */
  readonly hosts: readonly string[];
  readonly path: string;
}

/** Reads an address. Throws USAGE if it is none. */
export function parsePlace(text: string): ZooKeeperPlace {
  const [, servers, path] = /^zk:\/\/([^/]*)(\/.*)?$/s.exec(text) ?? [];
  if (servers === undefined) throw usage(`'${text}' is no address of a ZooKeeper tree`, form);
  const hosts = servers.split(",").map((host) => (/:\d+$/.test(host) ? host : `${host}:${portDefault}`));
  for (const host of hosts) if (!isEndpoint(host)) throw usage(`'${text}': '${host}' is not host:port`, form);
  return { hosts, path: checkPath(path ?? "/") };
}

/** How a place is shown. */
export function placeText({ hosts, path }: ZooKeeperPlace): string {
  return `zk://${hosts.join(",")}${path}`;
}

/** One line. */
const credentialBytesMax = 64 * 1024;

/** A credential as typed, `scheme:credential`, or in a file, `@file`. USAGE, without a word of it, if it is none. */
export async function readCredential(typed: string, inputs: DataInputs): Promise<Credential> {
  const file = typed.startsWith("@") ? await inputs.readFile(typed.slice(1), credentialBytesMax) : undefined;
  const text = file === undefined ? typed : (fromUtf8(file).split(/\r?\n/)[0] ?? "");
  const [, scheme, credential] = /^([a-z0-9]+):(.+)$/s.exec(text) ?? [];
  if (scheme !== undefined && credential !== undefined) return { scheme, auth: utf8(credential) };
  throw usage(
    "--zk-auth is not scheme:credential",
    "give it as digest:user:password, or @file for the first line of a file",
  );
}
