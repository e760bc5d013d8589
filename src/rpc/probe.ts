/** Asks another server who it is, over its client port. */
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { readStatusReply, writeStatusRequest } from "../protocol/generated/client.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import { asBuffer, channelOptions, firstLine, rawBytes } from "./grpc.ts";

/** What a server says of itself, as far as other servers want to know. */
export interface ServerIntroduction {
  readonly clusterId: string;
  readonly id: number;
  /** 0 if it names none. */
  readonly incarnation: number;
  /** It waits to be added to a cluster. */
  readonly joining: boolean;
  readonly members: readonly { readonly id: number; readonly peerAddress: string }[];
}

/**
 * The introduction of the server whose client port is `address` (host:port).
 *
 * @throws TerrariumError NO_SERVER when nothing answers in time, WRONG_SERVER when what answers is no Terrarium server
 */
export async function introduction(address: string, timeoutMs: number): Promise<ServerIntroduction> {
  const client = new Client(address, credentials.createInsecure(), channelOptions(timeoutMs, limits.frameBytesMax));
  try {
    const found = introductionOf(JSON.parse(await statusJson(client, address, timeoutMs)));
    if (found !== undefined) return found;
  } catch (error) {
    if (error instanceof TerrariumError) throw error;
  } finally {
    client.close();
  }
  throw new TerrariumError("WRONG_SERVER", `what answers at ${address} is no Terrarium server`);
}

function statusJson(client: Client, address: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = asBuffer(encodeMessage(writeStatusRequest, {}));
    let late = false;
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      clearTimeout(timer);
      if (error === null) resolve(decodeMessage(readStatusReply, reply ?? new Uint8Array(0)).json);
      else {
        const hint = "start the server first, and check its client address";
        const why = late ? "in time" : `(${firstLine(error.details)})`;
        reject(new TerrariumError("NO_SERVER", `no answer from ${address} ${why}`, hint));
      }
    };
    const path = "/terrarium.Client/Status";
    const call = client.makeUnaryRequest(path, rawBytes, rawBytes, request, new Metadata(), {}, done);
    // gRPC's own deadlines are by the wall clock, which may jump.
    const timer = setTimeout(() => {
      late = true;
      call.cancel();
    }, timeoutMs);
  });
}

function introductionOf(status: unknown): ServerIntroduction | undefined {
  if (typeof status !== "object" || status === null) return undefined;
  const clusterId = "clusterId" in status ? status.clusterId : undefined;
  const id = "id" in status ? status.id : undefined;
  if (typeof clusterId !== "string" || typeof id !== "number") return undefined;
  const incarnation = "incarnation" in status && typeof status.incarnation === "number" ? status.incarnation : 0;
  const joining = "joining" in status && status.joining === true;
  const listed: readonly unknown[] = "members" in status && Array.isArray(status.members) ? status.members : [];
  return { clusterId, id, incarnation, joining, members: listed.flatMap(memberOf) };
}

function memberOf(member: unknown): ServerIntroduction["members"] {
  if (typeof member !== "object" || member === null || !("id" in member) || !("peerAddress" in member)) return [];
  const { id, peerAddress } = member;
  return typeof id === "number" && typeof peerAddress === "string" ? [{ id, peerAddress }] : [];
}
