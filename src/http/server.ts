/** The HTTP door: is it healthy, what does it know, how is it doing. */
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { NodeStatus } from "../node/status.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpServerOptions {
  readonly status: () => NodeStatus;
  readonly metrics: Pick<Metrics, "contentType" | "scrape">;
  /** Told of failures that are ours. */
  readonly onError: (error: Error) => void;
}

const doors = "GET /health, /status and /metrics";

/** Body of every answer that is not 2xx or a health report. */
interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

function errorBody(code: string, message: string, hint: string): ErrorBody {
  return { error: { code, message, hint } };
}

/** What to say for a status that fastify or the HTTP parser chose. */
function clientFault(status: number): ErrorBody {
  switch (status) {
    case 405:
      return errorBody("METHOD_NOT_ALLOWED", "the method is not supported here", `try ${doors}`);
    case 413:
      return errorBody("PAYLOAD_TOO_LARGE", "the body is too large", "send none: nothing here reads one");
    case 414:
      return errorBody("URI_TOO_LONG", "the URL is too long", `try ${doors}`);
    case 415:
      return errorBody("UNSUPPORTED_MEDIA_TYPE", "the body's type is not understood", "send none");
    case 431:
      return errorBody("HEADERS_TOO_LARGE", "the request's headers are too large", "send fewer or shorter headers");
    default:
      return errorBody("BAD_REQUEST", "the request is malformed", `send plain HTTP/1.1: ${doors}`);
  }
}

/**
 * Makes the HTTP server; the caller listens and closes.
 *
 * `/health` answers 200 when the server is ready and 503 with the reason when not; `/status` the {@link NodeStatus};
 * `/metrics` Prometheus' text format. All other answers are `{"error":{"code","message","hint"}}`.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    // A stopping server must not wait for idle keep-alive connections.
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    requestTimeout: 10_000,
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
    clientErrorHandler: (error, socket) => {
      if (error.code === "ECONNRESET" || !socket.writable) return;
      const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
      const body = JSON.stringify(clientFault(status));
      socket.end(
        `HTTP/1.1 ${status} ${status === 431 ? "Request Header Fields Too Large" : "Bad Request"}\r\n` +
          `Content-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
  });

  const fail = (error: FastifyError, _request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) return reply.status(status).send(clientFault(status));
    options.onError(error);
    return reply.status(500).send(errorBody("INTERNAL", "the server failed to answer", "its log says more"));
  };
  server.setErrorHandler(fail);
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0]?.slice(0, 200) ?? "";
    return reply.status(404).send(errorBody("NOT_FOUND", `there is no ${request.method} ${path}`, `try ${doors}`));
  });

  server.get("/health", (_request, reply) => {
    const { ready, reason } = options.status();
    return reply.status(ready ? 200 : 503).send(ready ? { ready } : { ready, reason: reason ?? "starting" });
  });
  server.get("/status", () => options.status());
  server.get("/metrics", async (_request, reply) => {
    const text = await options.metrics.scrape();
    return reply.type(options.metrics.contentType).send(text);
  });
  return server;
}
