/** Requests of operators: `AdminRequest` and `AdminReply` of proto/client.proto. Rare, so the generated code does. */
import type { AdminReply, AdminRequest, MemberAddress } from "../base/admin.ts";
import { terrarium } from "./generated/messages.js";
import { malformed } from "./wire.ts";

const serverIdMax = 255;

/** The request's bytes. */
export function encodeAdminRequest(request: AdminRequest): Uint8Array {
  return terrarium.AdminRequest.encode(messageOf(request)).finish();
}

function messageOf(request: AdminRequest): terrarium.IAdminRequest {
  switch (request.type) {
    case "add":
      return { add: { member: request.member, observer: request.observer }, force: request.force };
    case "remove":
      return { remove: { id: request.id }, force: request.force };
    case "promote":
      return { promote: { id: request.id }, force: request.force };
    case "replace":
      return { replace: { gone: request.gone, member: request.member }, force: request.force };
    case "transfer":
      return { transfer: { to: request.to } };
  }
}

/** Reads a request. PROTOCOL_ERROR if it is malformed. */
export function decodeAdminRequest(bytes: Uint8Array): AdminRequest {
  const message = decode(bytes);
  const { add, remove, promote, replace, transfer, force } = message;
  if (add) return { type: "add", member: member(add.member), observer: add.observer ?? false, force };
  if (remove) return { type: "remove", id: serverId(remove.id), force };
  if (promote) return { type: "promote", id: serverId(promote.id), force };
  if (replace) return { type: "replace", gone: serverId(replace.gone), member: member(replace.member), force };
  if (transfer) return { type: "transfer", to: transfer.to ? serverId(transfer.to) : 0 };
  throw malformed("an admin request that asks for nothing");
}

function decode(bytes: Uint8Array): terrarium.AdminRequest {
  try {
    return terrarium.AdminRequest.decode(bytes);
  } catch {
    throw malformed("an admin request that cannot be read");
  }
}

/** The reply's bytes. */
export function encodeAdminReply(reply: AdminReply): Uint8Array {
  if (reply.type === "done") return terrarium.AdminReply.encode({}).finish();
  const { code, message, leader = "" } = reply;
  return terrarium.AdminReply.encode({ failure: { code, message }, leader }).finish();
}

/** Reads a reply. PROTOCOL_ERROR if it is malformed. */
export function decodeAdminReply(bytes: Uint8Array): AdminReply {
  let message: terrarium.AdminReply;
  try {
    message = terrarium.AdminReply.decode(bytes);
  } catch {
    throw malformed("an admin reply that cannot be read");
  }
  const { failure, leader } = message;
  if (!failure) return { type: "done" };
  const { code, message: text } = failure;
  return { type: "failed", code: code ?? "", message: text ?? "", leader: leader === "" ? undefined : leader };
}

function member(message: terrarium.IMemberAddress | null | undefined): MemberAddress {
  const { id, peerAddress, clientAddress } = message ?? {};
  if (!peerAddress || !clientAddress) throw malformed("an admin request with a member without addresses");
  return { id: serverId(id), peerAddress, clientAddress };
}

function serverId(id: number | null | undefined): number {
  if (id && id <= serverIdMax) return id;
  throw malformed(`an admin request with the server id ${id ?? 0}`);
}
