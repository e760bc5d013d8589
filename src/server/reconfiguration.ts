/** Changes of membership that a client asks of any server: carried out here if this one leads, else by the leader. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { TerrariumError } from "../base/errors.ts";
import type { Node } from "../node/node.ts";
import { askLeader } from "../rpc/admin-call.ts";
import { administer } from "./administration.ts";

/** How long to wait for somebody to lead, before asking again, ms. */
const pauseMs = 100;

/** Answers one request, whoever leads; gives up when `signal` aborts. What was begun by then goes on. */
export async function administerAnywhere(node: Node, request: AdminRequest, signal: AbortSignal): Promise<AdminReply> {
  try {
    for (;;) {
      const reply = await administer(node, request, signal);
      if (reply.type === "done" || (reply.code !== "NOT_LEADER" && reply.code !== "NO_QUORUM")) return reply;
      const there = reply.leader === undefined ? undefined : await askLeader(reply.leader, request, signal);
      if (there?.type === "done") return there;
      if (there !== undefined && there.code !== "NOT_LEADER" && there.code !== "NO_QUORUM") return there;
      await sleep(pauseMs, undefined, { signal });
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (signal.aborted) return { type: "failed", code: "TIMEOUT", message, leader: undefined };
    if (!(error instanceof TerrariumError)) throw error;
    return { type: "failed", code: error.code, message, leader: undefined };
  }
}
