/** What gRPC says of a server that does not answer as it should, in the words of Terrarium's errors. */
import { status } from "@grpc/grpc-js";
import { type ErrorCode, TerrariumError } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";

/** What a gRPC status says about the endpoint. */
export function failureOf(address: string, code: status, details: string): Failure {
  const [line = ""] = (lastError.exec(details)?.[1] ?? details).split("\n", 1);
  return { code: errorCodeOf(code, line), message: `${address}: ${reasonOf(code, line)}` };
}

/** The cause, in the words with which grpc-js wraps it when a connection cannot be made. */
const lastError = /Last error: (?:Error: )?(.*?)\.? Resolution note/s;

function errorCodeOf(code: status, details: string): ErrorCode {
  switch (code) {
    case status.OK:
    case status.CANCELLED:
    case status.DEADLINE_EXCEEDED:
      return "NO_SERVER";
    case status.UNAVAILABLE:
      return notHttp2.test(details) ? "PROTOCOL_ERROR" : "NO_SERVER";
    case status.INTERNAL:
      return brokenStream.test(details) ? "NO_SERVER" : "PROTOCOL_ERROR";
    default:
      return "PROTOCOL_ERROR";
  }
}

/** How grpc-js names a stream that broke before the server had answered: INTERNAL, like what a server itself complains of. */
const brokenStream = /^Received RST_STREAM with code [02]\b/;

/** How Node's HTTP/2 names an answer that is not HTTP/2. */
const notHttp2 = /protocol error|parse error|ERR_HTTP2|NGHTTP2/i;

function reasonOf(code: status, details: string): string {
  switch (code) {
    case status.OK:
    case status.CANCELLED:
      return "the server ended the stream";
    case status.DEADLINE_EXCEEDED:
      return "no answer in time";
    case status.UNIMPLEMENTED:
      return `not a Terrarium client port (${details})`;
    default:
      return systemReason(details);
  }
}

/** What the system says, in words: the address is named already. */
function systemReason(details: string): string {
  const [, code = ""] = /\b(E[A-Z]{3,}|EAI_[A-Z]+|Name resolution failed)\b/.exec(details) ?? [];
  if (notHttp2.test(details)) return "what answers there is no Terrarium client port (it does not speak HTTP/2)";
  if (details.startsWith("Failed to connect")) return "the connection is closed as soon as it is open";
  return systemReasons[code] ?? (details === "" ? "no reason is given" : details);
}

const systemReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  ETIMEDOUT: "nobody answers",
  EHOSTUNREACH: "no way leads to the host",
  ENETUNREACH: "no way leads to the network",
  ENOTFOUND: "no such host",
  "Name resolution failed": "no such host",
  EAI_AGAIN: "the host's name cannot be looked up now",
};

/** The same as an error to be thrown. */
export function callError(address: string, code: status, details: string): TerrariumError {
  const { code: errorCode, message } = failureOf(address, code, details);
  return new TerrariumError(errorCode, message);
}
