/** Carries out what operators ask: at the leader, answered when it is complete. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AdminReply, AdminRequest, MemberAddress } from "../base/admin.ts";
import { type ErrorCode, TerrariumError } from "../base/errors.ts";
import { configPath } from "../base/paths.ts";
import { isComplete, type MembershipRequest, requestedChange } from "../node/membership-requests.ts";
import type { Node } from "../node/node.ts";
import type { ChangeRefusal } from "../raft/raft.ts";
import { checkNewAddresses, incarnationOf } from "./introductions.ts";

/** How often a request looks whether it is complete, ms. */
const pollMs = 5;
/** The leader has been elected a moment ago: how often to ask again, ms. */
const readyPollMs = 20;

/** Answers one request; gives up when `signal` aborts, since then nobody waits any more. */
export async function administer(node: Node, request: AdminRequest, signal: AbortSignal): Promise<AdminReply> {
  try {
    if (!node.raft.isLeader) return notLeader(node);
    if (request.type === "transfer") return await transfer(node, request.to, signal);
    return await changeMembership(node, request, signal);
  } catch (error) {
    if (error instanceof TerrariumError) return failed(error.code, error.message);
    if (signal.aborted) return failed("TIMEOUT", "the request was given up");
    throw error;
  }
}

async function changeMembership(node: Node, request: MembershipRequest, signal: AbortSignal): Promise<AdminReply> {
  const outdated = isOutdated(node, request);
  if (outdated !== undefined) return outdated;
  // What is wrong without asking the newcomer is told first.
  const hopeless = requestedChange(node.raft.configuration, request, 0);
  if (typeof hopeless === "object" && "code" in hopeless) return failed(hopeless.code, hopeless.reason);
  const incarnations = new Map<number, number>();
  for (const newcomer of newcomersOf(node, request)) incarnations.set(newcomer.id, await incarnationOf(node, newcomer));
  if (request.type === "update" && hopeless !== "done") await checkNewAddresses(node, request);
  for (;;) {
    const change = requestedChange(node.raft.configuration, request, incarnations);
    if (change === "done") break;
    const overtaken = isOutdated(node, request);
    if (overtaken !== undefined) return overtaken;
    if ("code" in change) return failed(change.code, change.reason);
    const answer = node.changeMembership(change);
    if (answer === "accepted") break;
    if (answer.code === "NOT_LEADER") return notLeader(node);
    if (answer.code !== "NOT_READY") return failed(answer.code, answer.reason);
    await sleep(readyPollMs, undefined, { signal });
  }
  while (!isSettled(node)) {
    // Whoever leads now goes on with the change, if it has survived; the request may be repeated there.
    if (!node.raft.isLeader) return notLeader(node);
    await sleep(pollMs, undefined, { signal });
  }
  if (requestedChange(node.raft.configuration, request, incarnations) === "done") return { type: "done" };
  if (!node.raft.isLeader) return notLeader(node);
  const newcomers = [...incarnations.keys()].join(", ");
  const given = newcomers === "" ? "the member" : `server ${newcomers}`;
  return failed("UNKNOWN_MEMBER", `the change was given up: ${given} was removed again before it was complete`);
}

/** Those that the request makes members, and are none yet. */
function newcomersOf({ raft }: Node, request: MembershipRequest): readonly MemberAddress[] {
  const named =
    request.type === "reconfigure"
      ? request.joining.map(({ member }) => member)
      : request.type === "add" || request.type === "replace"
        ? [request.member]
        : [];
  return named.filter(({ id }) => !raft.configuration.members.some((member) => member.id === id));
}

/** Why a request that names the membership that it is decided on comes too late; undefined: it does not. */
function isOutdated(node: Node, request: MembershipRequest): AdminReply | undefined {
  if (request.type !== "reconfigure") return undefined;
  if (!isSettled(node)) return failed("CHANGE_IN_PROGRESS", "another change of the membership is not complete");
  const version = node.machine.stat(configPath)?.mzxid;
  if (request.version === undefined || request.version === version) return undefined;
  return failed("BAD_VERSION", `the membership is of zxid ${version}, not ${request.version}`);
}

function isSettled({ raft }: Node): boolean {
  return raft.configurationIndex <= raft.commitIndex && isComplete(raft.configuration);
}

async function transfer(node: Node, to: number, signal: AbortSignal): Promise<AdminReply> {
  const answer = await beginTransfer(node, to === 0 ? undefined : to, signal);
  if (answer !== "accepted") return failed(answer.code, answer.reason);
  await transferEnd(node, signal);
  const { leader } = node.raft;
  if (to === 0 ? leader !== node.options.id : leader === to) return { type: "done" };
  return failed("TRANSFER_FAILED", to === 0 ? "nobody took over in time" : `server ${to} did not take over in time`);
}

/** Begins a transfer, as soon as the leader is ready for one. */
export async function beginTransfer(
  node: Node,
  to: number | undefined,
  signal: AbortSignal,
): Promise<"accepted" | ChangeRefusal> {
  for (;;) {
    const answer = node.transferLeadership(to);
    if (answer === "accepted" || answer.code !== "NOT_READY") return answer;
    await sleep(readyPollMs, undefined, { signal });
  }
}

/** Waits until another server leads, or the transfer has failed. */
export async function transferEnd(node: Node, signal: AbortSignal): Promise<void> {
  while (node.raft.isTransferring || (!node.raft.isLeader && node.raft.leader === undefined))
    await sleep(pollMs, undefined, { signal });
}

function notLeader(node: Node): AdminReply {
  const { leader, configuration } = node.raft;
  const address = configuration.members.find(({ id }) => id === leader)?.clientAddress;
  if (leader === undefined || leader === node.options.id || address === undefined)
    return failed("NO_QUORUM", "this server knows no leader that a majority follows");
  return { type: "failed", code: "NOT_LEADER", message: `server ${leader} leads`, leader: address };
}

function failed(code: ErrorCode, message: string): AdminReply {
  return { type: "failed", code, message, leader: undefined };
}
