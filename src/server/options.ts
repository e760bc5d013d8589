/** What `terrarium serve` is told on its command line, checked before anything is touched. */
import { createHash } from "node:crypto";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { defaultNodeOptions } from "../node/options.ts";
import type { Member, ServerId } from "../raft/types.ts";
import { answerableWords, isWord, type Word } from "../zookeeper/four-letter-words.ts";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** How one server runs. Addresses are host:port; times milliseconds. */
export interface ServeOptions {
  readonly id: ServerId;
  /** Empty: that of the cluster to join. */
  readonly clusterId: string;
  /** The first configuration of the cluster; what the log says later counts more. Sorted by id. */
  readonly members: readonly Member[];
  /** Client addresses of a running cluster that this server waits to be added to; empty when it is a first member. */
  readonly join: readonly string[];
  readonly dataDir: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  /** Where ZooKeeper's protocol is spoken; undefined: nowhere. */
  readonly zookeeperAddress: string | undefined;
  /** Four-letter words that are answered there. */
  readonly zookeeperWords: readonly Word[];
  /** Whether ZooKeeper's clients may change the membership. */
  readonly zookeeperReconfig: boolean;
  /** `USER:HASH`: who shows the credential that it is made of may do everything; undefined: nobody may. */
  readonly superDigest: string | undefined;
  /** Undefined: no HTTP. */
  readonly httpAddress: string | undefined;
  /** Whether HTTP serves the pages for a browser, which show the tree. */
  readonly dashboard: boolean;
  /** Names under which a browser may ask for them, beside localhost, IP addresses and the host of `httpAddress`. */
  readonly httpNames: readonly string[];
  readonly electionTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly logLevel: LogLevel;
  readonly disk: DiskLimits;
}

/** When a server's disk counts as almost full; bytes, 0: never. */
export interface DiskLimits {
  /** Less than this is free for it on its file system. */
  readonly freeMinBytes: number;
  /** Its data directory is larger than this. */
  readonly quotaBytes: number;
}

/** The flags as commander hands them over. */
export interface ServeFlags {
  readonly id?: string;
  readonly members?: string;
  readonly join?: string;
  readonly clusterId?: string;
  readonly dataDir?: string;
  readonly clientAddress?: string;
  readonly peerAddress?: string;
  readonly zookeeper?: string;
  readonly zookeeperWords?: string;
  readonly zookeeperReconfig?: boolean;
  readonly superDigest?: string;
  readonly httpAddress?: string;
  readonly dashboard?: boolean;
  readonly httpName?: string;
  readonly electionTimeout?: string;
  readonly heartbeat?: string;
  readonly logLevel?: string;
  readonly diskFreeMin?: string;
  readonly diskQuota?: string;
}

const membersHint =
  "write --members 1=HOST:PEERPORT/HOST:CLIENTPORT,2=… with one item for each server; /HOST:ZOOKEEPERPORT may follow";

const joinHint =
  "a server that joins needs --join HOST:CLIENTPORT,… --id, --peer-address, --client-address, --data-dir";

function parseJoin(text: string): string[] {
  return text.split(",").map((address) => parseAddress(address.trim(), "--join"));
}

/**
 * Turns flags into options.
 *
 * @throws TerrariumError USAGE for what is missing or malformed, NOT_A_MEMBER when the id is not in the membership
 */
export function parseServeOptions(flags: ServeFlags): ServeOptions {
  const join = flags.join === undefined ? [] : parseJoin(flags.join);
  if (join.length > 0 && flags.members !== undefined)
    throw new TerrariumError("USAGE", "--members and --join exclude each other", joinHint);
  const members = join.length > 0 ? [] : parseMembers(required(flags.members, "--members", membersHint));
  const id = parseServerId(required(flags.id, "--id", "say which server this is, such as --id 1"), "--id");
  const self = members.find((member) => member.id === id);
  if (self === undefined && join.length === 0) {
    throw new TerrariumError("NOT_A_MEMBER", `server ${id} is not among --members (${ids(members)})`);
  }
  const heartbeatMs = parseDuration(flags.heartbeat, "--heartbeat", defaultNodeOptions.heartbeatMs);
  const electionTimeoutMs = parseDuration(
    flags.electionTimeout,
    "--election-timeout",
    defaultNodeOptions.electionTimeoutMs,
  );
  if (electionTimeoutMs < heartbeatMs * 2) {
    throw new TerrariumError(
      "USAGE",
      `--election-timeout (${electionTimeoutMs} ms) must be at least twice --heartbeat (${heartbeatMs} ms)`,
      "ten heartbeats to an election timeout work well",
    );
  }
  return {
    id,
    clusterId: parseClusterId(flags.clusterId) ?? (join.length > 0 ? "" : derivedClusterId(members)),
    members,
    join,
    dataDir: required(flags.dataDir, "--data-dir", "name a directory of this server's own, such as --data-dir data/1"),
    clientAddress: parseAddress(
      required(flags.clientAddress ?? self?.clientAddress, "--client-address", joinHint),
      "--client-address",
    ),
    peerAddress: parseAddress(
      required(flags.peerAddress ?? self?.peerAddress, "--peer-address", joinHint),
      "--peer-address",
    ),
    zookeeperAddress: flags.zookeeper === undefined ? undefined : parseAddress(flags.zookeeper, "--zookeeper"),
    zookeeperReconfig: flags.zookeeperReconfig === true,
    zookeeperWords: parseWords(flags.zookeeperWords ?? "srvr"),
    superDigest: flags.superDigest === undefined ? undefined : parseDigest(flags.superDigest),
    httpAddress: flags.httpAddress === undefined ? undefined : parseAddress(flags.httpAddress, "--http-address"),
    dashboard: flags.dashboard !== false,
    httpNames: flags.httpName === undefined ? [] : flags.httpName.split(",").map(parseHostName),
    electionTimeoutMs,
    heartbeatMs,
    logLevel: parseLogLevel(flags.logLevel ?? "info"),
    disk: {
      freeMinBytes: parseBytes(flags.diskFreeMin, "--disk-free-min", limits.diskFreeMinBytes),
      quotaBytes: parseBytes(flags.diskQuota, "--disk-quota", 0),
    },
  };
}

/**
 * Reads a membership: `1=host:peerPort/host:clientPort,2=…`, or with `/host:zookeeperPort` behind each.
 *
 * @throws TerrariumError USAGE
 */
export function parseMembers(text: string): readonly Member[] {
  const members = text.split(",").map((item) => {
    const match = /^([^=]*)=([^/]*)\/([^/]*)(?:\/([^/]*))?$/.exec(item.trim());
    if (match === null) throw new TerrariumError("USAGE", `--members: "${item}" is malformed`, membersHint);
    const [, id = "", peerAddress = "", clientAddress = "", zookeeperAddress] = match;
    return {
      id: parseServerId(id, "--members"),
      peerAddress: parseAddress(peerAddress, "--members"),
      clientAddress: parseAddress(clientAddress, "--members"),
      ...(zookeeperAddress === undefined ? {} : { zookeeperAddress: parseAddress(zookeeperAddress, "--members") }),
    };
  });
  members.sort((a, b) => a.id - b.id);
  const seen = new Set<string | number>();
  for (const member of members) {
    for (const unique of [member.id, member.peerAddress, member.clientAddress]) {
      if (seen.has(unique)) throw new TerrariumError("USAGE", `--members: ${unique} appears twice`, membersHint);
      seen.add(unique);
    }
  }
  return members;
}

/** The id of a cluster that was given none: the same on all servers that are started with the same members. */
export function derivedClusterId(members: readonly Member[]): string {
  const text = members.map((m) => `${m.id}=${m.peerAddress}/${m.clientAddress}`).join(",");
  return `cluster-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

function required(value: string | undefined, flag: string, hint: string): string {
  if (value === undefined || value === "") throw new TerrariumError("USAGE", `${flag} is missing`, hint);
  return value;
}

function parseServerId(text: string, flag: string): ServerId {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id >= 1 && id <= limits.serverIdMax) return id;
  const hint = `ids are whole numbers from 1 to ${limits.serverIdMax}`;
  throw new TerrariumError("USAGE", `${flag}: "${text}" is not a server id`, hint);
}

function parseAddress(text: string, flag: string): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(text);
  if (match !== null && Number(match[2]) <= 65_535) return text;
  throw new TerrariumError("USAGE", `${flag}: "${text}" is not an address`, "write it as host:port, port 0 to 65535");
}

function parseHostName(text: string): string {
  const name = text.trim();
  if (/^[A-Za-z0-9_](?:[\w.-]{0,251}[A-Za-z0-9_])?$/.test(name)) return name;
  throw new TerrariumError(
    "USAGE",
    `--http-name: "${text}" is not a host name`,
    "write names without ports: a.example,b.example",
  );
}

function parseDigest(text: string): string {
  if (/^[^:\s]+:[A-Za-z0-9+/]{27}=$/.test(text)) return text;
  throw new TerrariumError(
    "USAGE",
    "--super-digest is not USER:HASH",
    "write what `kvctl acl digest USER:PASSWORD` prints; the password itself does not belong in a command line",
  );
}

function parseWords(text: string): readonly Word[] {
  if (text === "*") return answerableWords;
  const words = text.split(",").map((word) => word.trim());
  const unknown = words.find((word) => !isWord(word));
  if (unknown === undefined) return words.filter(isWord);
  throw new TerrariumError(
    "USAGE",
    `--zookeeper-words: "${unknown}" is no word that is answered`,
    `choose among ${answerableWords.join(", ")}, with commas between, or write '*' for all`,
  );
}

function parseClusterId(text: string | undefined): string | undefined {
  if (text === undefined || /^[\w.-]{1,64}$/.test(text)) return text;
  throw new TerrariumError(
    "USAGE",
    `--cluster-id: "${text}" is not a cluster id`,
    "use 1 to 64 letters, digits, dots, hyphens and underscores",
  );
}

function parseDuration(text: string | undefined, flag: string, byDefault: number): number {
  if (text === undefined) return byDefault;
  const match = /^(\d{1,6})(ms|s)?$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * (match[2] === "s" ? 1000 : 1);
  if (ms >= 1 && ms <= 60_000) return ms;
  throw new TerrariumError("USAGE", `${flag}: "${text}" is not a duration`, "write 100ms, 1s or so; at most 60s");
}

const units = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

function parseBytes(text: string | undefined, flag: string, byDefault: number): number {
  if (text === undefined) return byDefault;
  const match = /^(\d{1,15})(?:([KMGT])iB)?$/.exec(text);
  const unit = match?.[2] === undefined ? "" : (`${match[2]}iB` as keyof typeof units);
  const bytes = match === null ? Number.NaN : Number(match[1]) * units[unit];
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new TerrariumError("USAGE", `${flag}: "${text}" is not a size`, "write bytes, 512MiB, 20GiB or so; 0 for none");
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((name) => name === text);
  if (level !== undefined) return level;
  throw new TerrariumError("USAGE", `--log-level: "${text}" is not a level`, `choose one of ${logLevels.join(", ")}`);
}

function ids(members: readonly Member[]): string {
  return members.map((member) => member.id).join(", ");
}
