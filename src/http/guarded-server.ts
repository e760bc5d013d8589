/** Node's HTTP server behind a gate, with a time limit for everything that a client can put off. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { type Gate, nameOf } from "../doors/gate.ts";
import { clientFault } from "./faults.ts";

/** From the connection, or the first byte, to the last one of the headers, milliseconds. */
const headersMs = 5_000;
/** To the last byte of the body, which nobody reads. */
const requestMs = 10_000;
/** Between two requests of a connection. */
const betweenMs = 30_000;
/** Without a byte in either direction: a client that does not read its answer. */
const stalledMs = 30_000;

/** Makes a server that admits connections by `gate`. */
export function guardedServer(handler: RequestListener, gate: Gate): Server {
  const server = createServer(
    {
      connectionsCheckingInterval: 1_000,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: betweenMs,
    },
    handler,
  );
  server.timeout = stalledMs;
  server.on("connection", (socket) => gate.admit(socket));
  server.on("request", ({ socket }, response) => {
    response.once("close", gate.began(nameOf(socket)));
  });
  server.on("clientError", refuse);
  // Told once it listens: what goes wrong before is the caller's.
  server.once("listening", () => server.on("error", (error) => gate.acceptFailed(error)));
  return server;
}

/** Answers what was no request, if somebody is there to hear it, and does not wait until they hang up. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, phrase] = answerOf(error.code);
  const body = JSON.stringify(clientFault(status));
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\n` +
      `Content-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function answerOf(code: string | undefined): readonly [number, string] {
  if (code === "HPE_HEADER_OVERFLOW") return [431, "Request Header Fields Too Large"];
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [408, "Request Timeout"];
  return [400, "Bad Request"];
}
