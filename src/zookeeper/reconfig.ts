/**
 * reconfig: which servers are to be members. What it names becomes one change of membership; how that ends becomes one of
 * ZooKeeper's codes, or the new configuration.
 */
import type { AdminReply, AdminRequest, JoiningMember } from "../base/admin.ts";
import { limits } from "../base/limits.ts";
import { zkError } from "./errors.ts";
import type { ReconfigRequest } from "./records.ts";

/** A change of membership. */
export type AskedMembers = Extract<AdminRequest, { readonly type: "reconfigure" }>;

/** What a request asks for; a number: ZooKeeper's code for what is wrong with it. */
export function askedMembersOf({ joining, leaving, newMembers, configId }: ReconfigRequest): AskedMembers | number {
  const exactly = newMembers !== "";
  // As files have it, one a line; a line may also say of which version they are.
  const items = exactly ? itemsOf(newMembers).filter((item) => !item.startsWith("version=")) : itemsOf(joining);
  const members: JoiningMember[] = [];
  for (const item of items) {
    const member = joiningMember(item);
    if (member === undefined) return zkError.BADARGUMENTS;
    members.push(member);
  }
  const ids = exactly ? [] : itemsOf(leaving).map(serverId);
  if (ids.includes(0) || (exactly && members.every(({ observer }) => observer))) return zkError.BADARGUMENTS;
  const change = { type: "reconfigure", joining: members, leaving: ids, exactly, force: false } as const;
  if (configId === -1) return change;
  return configId < 0 ? zkError.BADVERSION : { ...change, version: configId };
}

function itemsOf(text: string): readonly string[] {
  return text
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** `server.4=HOST:PORT:PORT[:participant|observer];[HOST:]PORT`, of which all three ports have to be there. */
const memberPattern =
  /^(?:.*\.)?(\d+)\s*=\s*(\[[0-9a-fA-F:.]+\]|[^\s:;|[\]]+):(\d+):(\d+)(?::(participant|observer))?;(?:(\[[0-9a-fA-F:.]+\]|[^\s:;|[\]]+):)?(\d+)$/i;

function joiningMember(text: string): JoiningMember | undefined {
  const [, id = "", host = "", peers = "", clients = "", role = "participant", zkHost = "0.0.0.0", port = ""] =
    memberPattern.exec(text) ?? [];
  if (serverId(id) === 0 || ![peers, clients, port].every(isPort)) return undefined;
  return {
    member: {
      id: serverId(id),
      peerAddress: `${host}:${peers}`,
      clientAddress: `${host}:${clients}`,
      zookeeperAddress: `${zkHost}:${port}`,
    },
    observer: role.toLowerCase() === "observer",
  };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** 0: it is none. */
function serverId(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return id <= limits.serverIdMax ? id : 0;
}

/** ZooKeeper's codes for why a change is not made, or not made yet. */
const codes: Readonly<Record<string, number>> = {
  CHANGE_IN_PROGRESS: zkError.RECONFIGINPROGRESS,
  // It goes on; who asks again is told so.
  TIMEOUT: zkError.RECONFIGINPROGRESS,
  WOULD_LOSE_QUORUM: zkError.NEWCONFIGNOQUORUM,
  NO_SERVER: zkError.NEWCONFIGNOQUORUM,
  BAD_VERSION: zkError.BADVERSION,
  BAD_ARGUMENTS: zkError.BADARGUMENTS,
  ID_IN_USE: zkError.BADARGUMENTS,
  UNKNOWN_MEMBER: zkError.BADARGUMENTS,
  WRONG_SERVER: zkError.BADARGUMENTS,
};

/** The code for how a change ended; 0: it is made. */
export function codeOfChange(reply: AdminReply): number {
  return reply.type === "done" ? zkError.OK : (codes[reply.code] ?? zkError.SYSTEMERROR);
}
