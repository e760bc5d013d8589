/** The HTTP door: is it healthy, what does it know, how is it doing, and pages that show all that. */
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { shownRole } from "../base/roles.ts";
import type { Gate } from "../doors/gate.ts";
import type { NodeStatus } from "../node/status.ts";
import { clientFault, doors, errorBody } from "./faults.ts";
import { guardedServer } from "./guarded-server.ts";
import type { Metrics } from "./metrics.ts";
import { safeHeaders } from "./safe-headers.ts";
import { type Site, serveSite } from "./site.ts";

export interface HttpServerOptions {
  readonly status: () => NodeStatus;
  readonly metrics: Pick<Metrics, "contentType" | "scrape">;
  readonly gate: Gate;
  /** The pages for a browser; left out: there are none. */
  readonly site?: Site | undefined;
  /** Told of failures that are ours. */
  readonly onError: (error: Error) => void;
}

/**
 * Makes the HTTP server; the caller listens and closes.
 *
 * `/health` answers 200 when the server is ready and 503 with the reason when not (and says why writes are
 * refused, if they are); `/status` the {@link NodeStatus},
 * with the role as people know it ({@link shownRole}); `/metrics` Prometheus' text format; with a {@link Site} there are its
 * pages too. All other answers are `{"error":{"code","message","hint"}}`.
 */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const server = fastify({
    logger: false,
    // A stopping server must not wait for idle keep-alive connections.
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    serverFactory: (handler) => guardedServer(handler, options.gate),
    routerOptions: { maxParamLength: 1024 },
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
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

  server.addHook("onRequest", (_request, reply, done) => {
    reply.headers(safeHeaders);
    done();
  });
  if (options.site !== undefined) serveSite(server, options.site);
  server.get("/health", (_request, reply) => {
    const { ready, reason, writesRefused } = options.status();
    if (!ready) return reply.status(503).send({ ready, reason: reason ?? "starting" });
    return reply.status(200).send(writesRefused === undefined ? { ready } : { ready, writesRefused });
  });
  server.get("/status", () => {
    const status = options.status();
    return { ...status, role: shownRole(status) };
  });
  server.get("/metrics", async (_request, reply) => {
    const text = await options.metrics.scrape();
    return reply.type(options.metrics.contentType).send(text);
  });
  return server;
}
