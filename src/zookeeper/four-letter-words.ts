/**
 * Four-letter words: what a monitor asks before any handshake, and reads as text until the connection ends. The shapes are
 * those that exporters and client libraries parse; what this server has no figure for is left out.
 */
import { limits } from "../base/limits.ts";
import type { GateStats } from "../doors/gate.ts";
import type { NodeStatus } from "../node/status.ts";
import type { Traffic } from "./traffic.ts";
import {
  connectionLines,
  dump,
  ephemeralsOwned,
  type ListFacts,
  watchesByPath,
  watchesBySession,
  watchesInShort,
} from "./word-lists.ts";

/** The words that can be answered. */
export const answerableWords = [
  ...(["ruok", "isro", "srvr", "stat", "mntr", "envi", "conf", "cons", "crst", "dirs"] as const),
  ...(["dump", "srst", "wchc", "wchp", "wchs"] as const),
] as const;

export type Word = (typeof answerableWords)[number];

/** Whether `word` is one of {@link answerableWords}. */
export function isWord(word: string): word is Word {
  return answerableWords.some((one) => one === word);
}

/** What the answers are made of. */
export interface WordFacts extends ListFacts {
  status(): NodeStatus;
  /** Of the door of ZooKeeper's clients. */
  connections(): Pick<GateStats, "open" | "max">;
  readonly traffic: Traffic;
  /** Bytes of all data that znodes have. */
  treeBytes(): number;
  diskBytes(): Promise<number>;
  /** Undefined: nobody knows. */
  openFiles(): number | undefined;
  readonly openFilesMax: number;
  /** Where it listens, host:port. */
  readonly address: string;
  readonly dataDir: string;
}

/** The version of ZooKeeper whose protocol is spoken, in the form that parsers want: they look for the American date. */
const speaks = "3.8.0-terrarium, built on 01/01/2026 00:00 UTC";

/** What a server says that does not serve. */
const notServing = "This ZooKeeper instance is not currently serving requests\n";

/** Answers one word. `allowed`: the words that are answered at all. */
export async function answerWord(word: string, allowed: readonly Word[], facts: WordFacts): Promise<string> {
  if (!isWord(word) || !allowed.includes(word)) return `${word} is not executed because it is not in the whitelist.\n`;
  const status = facts.status();
  switch (word) {
    case "ruok":
      return "imok";
    case "isro":
      return status.ready ? "rw" : "null";
    case "srst":
      facts.traffic.reset();
      return "Server stats reset.\n";
    case "envi":
      return environment();
    case "conf":
      return configuration(status, facts);
    case "wchs":
      return watchesInShort(facts);
    case "srvr":
      return status.ready ? server(status, facts, "") : notServing;
    case "stat":
      return status.ready ? server(status, facts, `Clients:\n${connectionLines(facts, true)}\n`) : notServing;
    case "cons":
      return status.ready ? `${connectionLines(facts, false)}\n` : notServing;
    case "crst":
      for (const attendance of facts.attending()) attendance.reset();
      return "Connection stats reset.\n";
    case "dirs": {
      // Log and data are one here.
      const bytes = await facts.diskBytes();
      return `datadir_size: ${bytes}\nlogdir_size: ${bytes}\n`;
    }
    case "dump":
      return status.ready ? dump(facts) : notServing;
    case "wchc":
      return status.ready ? watchesBySession(facts) : notServing;
    case "wchp":
      return status.ready ? watchesByPath(facts) : notServing;
    case "mntr":
      return status.ready ? monitor(status, facts) : notServing;
  }
}

function modeOf({ role, members }: NodeStatus): "leader" | "follower" | "standalone" {
  if (members.length === 1) return "standalone";
  return role === "leader" ? "leader" : "follower";
}

/** `clients`: lines that tell of them. */
function server(status: NodeStatus, { connections, traffic }: WordFacts, clients: string): string {
  const { min, average, max } = traffic.latencyMs;
  return [
    `Zookeeper version: ${speaks}\n${clients}Latency min/avg/max: ${min}/${average}/${max}`,
    `Received: ${traffic.received}`,
    `Sent: ${traffic.sent}`,
    `Connections: ${connections().open}`,
    `Outstanding: ${traffic.outstanding}`,
    `Zxid: 0x${status.appliedIndex.toString(16)}`,
    `Mode: ${modeOf(status)}`,
    `Node count: ${status.znodes}`,
    "",
  ].join("\n");
}

function monitor(status: NodeStatus, facts: WordFacts): string {
  const { connections, traffic } = facts;
  const { min, average, max } = traffic.latencyMs;
  const mode = modeOf(status);
  const learners = status.members.filter(({ id }) => id !== status.id);
  const followers = learners.filter(({ voter }) => voter);
  const synced = learners.filter(({ active, lag = 0 }) => active === true && lag < 1000);
  const syncedFollowers = synced.filter(({ voter }) => voter);
  const open = facts.openFiles();
  const figures: readonly (readonly [string, string | number])[] = [
    ["version", speaks],
    ["server_state", mode],
    ["min_latency", min],
    ["avg_latency", average],
    ["max_latency", max],
    ["packets_received", traffic.received],
    ["packets_sent", traffic.sent],
    ["outstanding_requests", traffic.outstanding],
    ["num_alive_connections", connections().open],
    ["znode_count", status.znodes],
    ["watch_count", status.watches],
    ["ephemerals_count", ephemeralsOwned(facts)],
    ["approximate_data_size", facts.treeBytes()],
    ["global_sessions", status.sessions],
    ["max_client_cnxns", connections().max],
    ...(open === undefined ? [] : ([["open_file_descriptor_count", open]] as const)),
    ...(Number.isFinite(facts.openFilesMax) ? ([["max_file_descriptor_count", facts.openFilesMax]] as const) : []),
    ["uptime", Math.round(process.uptime() * 1000)],
    ...(mode === "leader"
      ? ([
          ["quorum_size", followers.length + 1],
          ["learners", learners.length],
          ["followers", followers.length],
          ["synced_followers", syncedFollowers.length],
          ["synced_observers", synced.length - syncedFollowers.length],
        ] as const)
      : []),
  ];
  return figures.map(([name, value]) => `zk_${name}\t${value}\n`).join("");
}

/** The version first: kazoo takes what one read brings. */
function environment(): string {
  return `Environment:\nzookeeper.version=${speaks}\nnode.version=${process.version}\n`;
}

function configuration(status: NodeStatus, { address, dataDir, connections }: WordFacts): string {
  const port = address.slice(address.lastIndexOf(":") + 1);
  return [
    `clientPort=${port}\ndataDir=${dataDir}\nmaxClientCnxns=${connections().max}`,
    `minSessionTimeout=${limits.sessionTimeoutMinMs}\nmaxSessionTimeout=${limits.sessionTimeoutMaxMs}`,
    `serverId=${status.id}\n`,
  ].join("\n");
}
