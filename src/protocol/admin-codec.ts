/** Requests of operators: `AdminRequest` and `AdminReply` of proto/client.proto. */
import type { AdminReply, AdminRequest, MemberAddress } from "../base/admin.ts";
import {
  type AdminAction,
  readAdminReply,
  readAdminRequest,
  writeAdminReply,
  writeAdminRequest,
} from "./generated/client.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { malformed, serverIdMax } from "./wire.ts";

/** The request's bytes. */
export function encodeAdminRequest(request: AdminRequest): Uint8Array {
  const force = request.type !== "transfer" && request.force;
  return encodeMessage(writeAdminRequest, { request, force });
}

/** Reads a request. PROTOCOL_ERROR if it is malformed. */
export function decodeAdminRequest(bytes: Uint8Array): AdminRequest {
  const { request, force } = decodeMessage(readAdminRequest, bytes);
  checkAction(request);
  return request.type === "transfer" ? request : { ...request, force };
}

/** Ids are those of servers, and who comes has addresses. */
function checkAction(action: AdminAction): void {
  switch (action.type) {
    case "add":
      checkMember(action.member);
      return;
    case "replace":
      checkServerId(action.gone);
      checkMember(action.member);
      return;
    case "remove":
    case "promote":
      checkServerId(action.id);
      return;
    case "update":
      checkServerId(action.id);
      if (!movesSomewhere(action)) throw malformed("an admin request that moves a member to no address");
      return;
    case "reconfigure":
      for (const { member } of action.joining) checkMember(member);
      for (const id of action.leaving) checkServerId(id);
      return;
    case "transfer":
      if (action.to !== 0) checkServerId(action.to);
  }
}

/** At least one address is given, and those of other servers and of clients are none that could be left out. */
function movesSomewhere({
  peerAddress,
  clientAddress,
  zookeeperAddress,
}: Extract<AdminAction, { type: "update" }>): boolean {
  if (peerAddress === "" || clientAddress === "") return false;
  return (peerAddress ?? clientAddress ?? zookeeperAddress) !== undefined;
}

function checkMember({ id, peerAddress, clientAddress }: MemberAddress): void {
  if (peerAddress === "" || clientAddress === "") throw malformed("an admin request with a member without addresses");
  checkServerId(id);
}

function checkServerId(id: number): void {
  if (id < 1 || id > serverIdMax) throw malformed(`an admin request with the server id ${id}`);
}

/** The reply's bytes. */
export function encodeAdminReply(reply: AdminReply): Uint8Array {
  if (reply.type === "done") return encodeMessage(writeAdminReply, {});
  const { code, message, leader } = reply;
  return encodeMessage(writeAdminReply, { failure: { code, message }, ...(leader === undefined ? {} : { leader }) });
}

/** Reads a reply. PROTOCOL_ERROR if it is malformed. */
export function decodeAdminReply(bytes: Uint8Array): AdminReply {
  const { failure, leader } = decodeMessage(readAdminReply, bytes);
  return failure === undefined ? { type: "done" } : { type: "failed", ...failure, leader };
}
