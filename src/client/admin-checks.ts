/** Checks of what operators ask: BAD_ARGUMENTS if it is malformed. */
import type { AdminRequest, MemberAddress } from "../base/admin.ts";
import { isEndpoint } from "../base/endpoint.ts";
import { limits } from "../base/limits.ts";
import { badArgument, checkFlag, isObject } from "./checks.ts";

/** The request, with nothing in it but what belongs there. */
export function checkAdminRequest(request: unknown): AdminRequest {
  if (!isObject(request)) throw badArgument("request", request, "an object with a type");
  const force = checkFlag("force", request["force"]);
  switch (request["type"]) {
    case "add":
      return {
        type: "add",
        member: checkMember(request["member"]),
        observer: checkFlag("observer", request["observer"]),
        force,
      };
    case "remove":
    case "promote":
      return { type: request["type"], id: checkId("id", request["id"]), force };
    case "replace":
      return { type: "replace", gone: checkId("gone", request["gone"]), member: checkMember(request["member"]), force };
    case "update":
      return checkUpdate(request, force);
    case "reconfigure":
      return checkReconfigure(request, force);
    case "transfer":
      return { type: "transfer", to: request["to"] === 0 ? 0 : checkId("to", request["to"]) };
    default:
      throw badArgument(
        "request.type",
        request["type"],
        '"add", "remove", "promote", "replace", "update", "reconfigure" or "transfer"',
      );
  }
}

function checkUpdate(request: Readonly<Record<string, unknown>>, force: boolean): AdminRequest {
  const { peerAddress, clientAddress, zookeeperAddress } = request;
  if ((peerAddress ?? clientAddress ?? zookeeperAddress) === undefined)
    throw badArgument("request", request, "an update with a peerAddress, a clientAddress or a zookeeperAddress");
  return {
    type: "update",
    id: checkId("id", request["id"]),
    ...(peerAddress === undefined ? {} : { peerAddress: checkAddress("peerAddress", peerAddress) }),
    ...(clientAddress === undefined ? {} : { clientAddress: checkAddress("clientAddress", clientAddress) }),
    ...(zookeeperAddress === undefined
      ? {}
      : { zookeeperAddress: checkZooKeeper("zookeeperAddress", zookeeperAddress) }),
    force,
  };
}

function checkReconfigure(request: Readonly<Record<string, unknown>>, force: boolean): AdminRequest {
  const { joining, leaving, version } = request;
  if (!Array.isArray(joining) || !Array.isArray(leaving))
    throw badArgument("request", request, "a reconfigure with a list of those who join and one of those who leave");
  if (version !== undefined && (typeof version !== "number" || !Number.isSafeInteger(version) || version < 0))
    throw badArgument("version", version, "the zxid of the present membership");
  return {
    type: "reconfigure",
    joining: joining.map((one: unknown) => {
      if (!isObject(one)) throw badArgument("joining", one, "an object with a member and observer");
      return { member: checkMember(one["member"]), observer: checkFlag("observer", one["observer"]) };
    }),
    leaving: leaving.map((id: unknown) => checkId("leaving", id)),
    exactly: checkFlag("exactly", request["exactly"]),
    ...(version === undefined ? {} : { version }),
    force,
  };
}

function checkMember(member: unknown): MemberAddress {
  if (!isObject(member)) throw badArgument("member", member, "an object with id, peerAddress and clientAddress");
  return {
    id: checkId("member.id", member["id"]),
    peerAddress: checkAddress("member.peerAddress", member["peerAddress"]),
    clientAddress: checkAddress("member.clientAddress", member["clientAddress"]),
    ...(member["zookeeperAddress"] === undefined
      ? {}
      : { zookeeperAddress: checkAddress("member.zookeeperAddress", member["zookeeperAddress"]) }),
  };
}

function checkZooKeeper(name: string, address: unknown): string {
  return address === "" ? "" : checkAddress(name, address);
}

function checkId(name: string, id: unknown): number {
  if (typeof id === "number" && Number.isInteger(id) && id >= 1 && id <= limits.serverIdMax) return id;
  throw badArgument(name, id, `a server id from 1 to ${limits.serverIdMax}`);
}

function checkAddress(name: string, address: unknown): string {
  if (isEndpoint(address)) return address;
  throw badArgument(name, address, "host:port");
}
