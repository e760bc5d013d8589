/** What one server asks another for those who look at the cluster: over the connection of its stream, nothing is kept. */
import { type Client, Metadata, type ServiceDefinition, type ServiceError, status } from "@grpc/grpc-js";
import { TerrariumError } from "../base/errors.ts";
import {
  type ObserveRequest,
  readObserveReply,
  readObserveRequest,
  writeObserveReply,
  writeObserveRequest,
} from "../protocol/generated/raft.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import { asBuffer, rawBytes } from "./grpc.ts";

/** What is asked: what the server says of itself, live sessions behind `after`, or what its clients watch. */
export type Question = Pick<ObserveRequest, "subject" | "after">;

/** The gRPC method (`proto/raft.proto`). */
export const observeMethod: ServiceDefinition[string] = {
  path: "/terrarium.Peer/Observe",
  requestStream: false,
  responseStream: false,
  requestSerialize: rawBytes,
  requestDeserialize: rawBytes,
  responseSerialize: rawBytes,
  responseDeserialize: rawBytes,
};

/**
 * Asks over `client`, and returns the answer's JSON.
 *
 * @throws TerrariumError NO_SERVER, with a clause that says why there is no answer
 */
export async function askObserve(
  client: Client,
  clusterId: string,
  question: Question,
  timeoutMs: number,
): Promise<string> {
  const request = asBuffer(encodeMessage(writeObserveRequest, { clusterId, ...question }));
  // The deadline of gRPC is by the wall clock: this one is not.
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  try {
    return await new Promise<string>((resolve, reject) => {
      const done = (error: ServiceError | null, reply?: Buffer): void => {
        if (error === null && reply !== undefined) resolve(decodeMessage(readObserveReply, reply).json);
        else reject(new TerrariumError("NO_SERVER", late ? "it does not answer in time" : reasonOf(error)));
      };
      const call = client.makeUnaryRequest(observeMethod.path, rawBytes, rawBytes, request, new Metadata(), {}, done);
      timer = setTimeout(() => {
        late = true;
        call.cancel();
      }, timeoutMs);
    });
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: ServiceError | null): string {
  if (error?.code === status.UNIMPLEMENTED) return "it is of an older version, which does not tell";
  if (error?.code === status.FAILED_PRECONDITION) return error.details;
  return "the connection to it broke";
}

/**
 * Answers such a request with what `tell` says.
 *
 * @throws TerrariumError WRONG_CLUSTER, PROTOCOL_ERROR
 */
export function answerObserve(bytes: Uint8Array, clusterId: string, tell: (question: Question) => string): Buffer {
  const { clusterId: wanted, subject, after } = decodeMessage(readObserveRequest, bytes);
  if (wanted !== clusterId) throw new TerrariumError("WRONG_CLUSTER", `this server is of cluster ${clusterId}`);
  return asBuffer(encodeMessage(writeObserveReply, { json: tell({ subject, after }) }));
}
