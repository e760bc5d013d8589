/** Who answers at a peer address: asked before a server is made a member, from each of those that will have to reach it. */
import { connect } from "node:net";
import { Client, credentials, Metadata, type ServiceDefinition, type ServiceError } from "@grpc/grpc-js";
import { limits } from "../base/limits.ts";
import { splitAddress } from "../doors/address.ts";
import {
  readIntroduceReply,
  readIntroduceRequest,
  writeIntroduceReply,
  writeIntroduceRequest,
} from "../protocol/generated/raft.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import { asBuffer, channelOptions, rawBytes } from "./grpc.ts";

/** Who a server is, as its peer port says. */
export interface PeerIntroduction {
  readonly clusterId: string;
  readonly id: number;
  /** 0 if it names none. */
  readonly incarnation: number;
}

/** What came of asking; `nothing` in a sentence's words: "nothing listens there". */
export type PeerAnswer = PeerIntroduction | { readonly nothing: string };

/** The gRPC method (`proto/raft.proto`). */
export const introduceMethod: ServiceDefinition[string] = {
  path: "/terrarium.Peer/Introduce",
  requestStream: false,
  responseStream: false,
  requestSerialize: rawBytes,
  requestDeserialize: rawBytes,
  responseSerialize: rawBytes,
  responseDeserialize: rawBytes,
};

/**
 * Who is at the peer address `address` (host:port). With `through`, the peer address of another server, that one is
 * asked what it finds there; undefined if it does not say.
 */
export async function askPeer(address: string, timeoutMs: number): Promise<PeerAnswer>;
export async function askPeer(address: string, timeoutMs: number, through: string): Promise<PeerAnswer | undefined>;
export async function askPeer(address: string, timeoutMs: number, through?: string): Promise<PeerAnswer | undefined> {
  const reply = await introduce(through ?? address, through === undefined ? "" : address, timeoutMs);
  if (reply !== undefined) {
    const { clusterId, id, incarnation, nothing } = reply;
    return nothing === "" ? { clusterId, id, incarnation } : { nothing };
  }
  return through === undefined ? { nothing: await whatElse(address, timeoutMs) } : undefined;
}

/** Answers such a request. */
export async function answerIntroduce(bytes: Uint8Array, self: PeerIntroduction, timeoutMs: number): Promise<Buffer> {
  const { address } = decodeMessage(readIntroduceRequest, bytes);
  const answer = address === "" ? self : await askPeer(address, timeoutMs);
  const nobody = { clusterId: "", id: 0, incarnation: 0, nothing: "" };
  return asBuffer(encodeMessage(writeIntroduceReply, { ...nobody, ...answer }));
}

type Reply = ReturnType<typeof readIntroduceReply>;

async function introduce(at: string, address: string, timeoutMs: number): Promise<Reply | undefined> {
  const client = new Client(at, credentials.createInsecure(), channelOptions(timeoutMs, limits.frameBytesMax));
  // The deadline of gRPC is by the wall clock: this one is not.
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve) => {
      const request = asBuffer(encodeMessage(writeIntroduceRequest, { address }));
      const done = (error: ServiceError | null, reply?: Buffer): void => {
        try {
          resolve(error === null && reply !== undefined ? decodeMessage(readIntroduceReply, reply) : undefined);
        } catch {
          resolve(undefined);
        }
      };
      const call = client.makeUnaryRequest(introduceMethod.path, rawBytes, rawBytes, request, new Metadata(), {}, done);
      timer = setTimeout(() => call.cancel(), timeoutMs);
    });
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

/** What there is instead of a peer port, in a few words. */
function whatElse(address: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(splitAddress(address));
    const end = (what: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(what);
    };
    const stranger = "something answers that is no server's peer port";
    let connected = false;
    const timer = setTimeout(() => end(connected ? stranger : "nothing answers"), timeoutMs);
    socket.once("connect", () => {
      connected = true;
      socket.write("GET / HTTP/1.0\r\n\r\n");
    });
    socket.once("data", (bytes) => {
      // A gRPC server begins with HTTP/2's SETTINGS, whatever it is told.
      const http = bytes.toString("latin1", 0, 5) === "HTTP/";
      end(http ? "an HTTP server answers" : `${stranger}: perhaps a client port`);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (connected) end(stranger);
      else
        end(
          error.code === "ECONNREFUSED" ? "nothing listens" : `it cannot be reached (${error.code ?? error.message})`,
        );
    });
    socket.once("close", () => end(stranger));
  });
}
