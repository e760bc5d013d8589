/** The routes of the browser: the dashboard at `/`, the playground below `/play/`, and what they read. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { TerrariumError } from "../base/errors.ts";
import { errorBody } from "./faults.ts";
import type { Guests } from "./guests.ts";
import { LivePages, type ViewSource } from "./live-pages.ts";
import type { SessionsAnswer, WatchesAnswer } from "./observed.ts";
import type { PageFile, Pages } from "./pages.ts";
import { dashboardHeaders, playHeaders, safeHeaders } from "./safe-headers.ts";
import { type TreeSource, treeAnswer } from "./tree.ts";

/** Who looks at the cluster for the pages. Rejects with OVERLOADED what would cost the servers too much. */
export interface SiteObserver extends ViewSource {
  sessions(after: number): Promise<SessionsAnswer>;
  watches(): Promise<WatchesAnswer>;
}

/** What the pages need. */
export interface Site {
  /** Of the server that serves them. */
  readonly server: number;
  readonly pages: Pages;
  readonly guests: Guests;
  readonly observer: SiteObserver;
  /** The present state of the tree. */
  readonly tree: () => TreeSource;
  /** Pages that are kept up to date at a time. */
  readonly livePagesMax: number;
}

/** By folder of the pages. */
const headersOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dashboard: dashboardHeaders,
  play: playHeaders,
};

const notBuilt =
  "The pages of this server were not built: run `npm run build` where it was installed from, and reload.\n";

/** Adds the routes to `server`. */
export function serveSite(server: FastifyInstance, site: Site): void {
  const live = new LivePages(site.observer, site.livePagesMax);
  server.addHook("preClose", (done) => {
    live.end();
    done();
  });
  const page = (folder: string) => async (request: FastifyRequest, reply: FastifyReply) => {
    if (refused(request, reply, site.guests, undefined)) return reply;
    const name = `${folder}/${wanted(request)}`;
    const file = await site.pages.file(name.endsWith("/") ? `${name}index.html` : name);
    if (file !== undefined) return send(request, reply, file, headersOf[folder] ?? safeHeaders);
    if (name.endsWith("/")) return reply.status(503).type("text/plain; charset=utf-8").send(notBuilt);
    return reply.callNotFound();
  };
  server.get("/", page("dashboard"));
  server.get("/play", (_request, reply) => reply.redirect("play/", 308));
  server.get("/play/*", page("play"));
  server.get("/assets/*", page("assets"));

  /** A route with what only this server's own pages may read. */
  const read = (path: string, handler: (request: FastifyRequest, reply: FastifyReply) => unknown): void => {
    // A HEAD of a stream would have no end either.
    server.get(path, { exposeHeadRoute: false }, (request, reply) => {
      if (refused(request, reply, site.guests, request.headers["sec-fetch-site"])) return reply;
      reply.header("cache-control", "no-store");
      return handler(request, reply);
    });
  };
  read("/events", (_request, reply) => live.open(reply));
  read("/tree", (request, reply) => {
    const { status, body } = treeAnswer(site.tree(), site.server, request.query as Record<string, unknown>);
    return reply.status(status).send(body);
  });
  read("/sessions", (request, reply) => {
    const { after = "0" } = request.query as Record<string, unknown>;
    if (typeof after === "string" && /^\d{1,16}$/.test(after) && Number.isSafeInteger(Number(after)))
      return unlessTooMuch(reply, site.observer.sessions(Number(after)));
    const hint = "ask for /sessions?after=ID, or without it for the oldest";
    return reply.status(400).send(errorBody("BAD_ARGUMENTS", "after is not the id of a session", hint));
  });
  read("/watches", (_request, reply) => unlessTooMuch(reply, site.observer.watches()));
}

/** The answer, or that one was asked too much. */
async function unlessTooMuch(reply: FastifyReply, answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof TerrariumError) || error.code !== "OVERLOADED") throw error;
    reply.status(503).header("retry-after", "1");
    return errorBody("OVERLOADED", error.message, "ask again in a second");
  }
}

/** What is behind the folder in the request's path. */
function wanted(request: FastifyRequest): string {
  const { "*": rest = "" } = request.params as { readonly "*"?: string };
  return rest;
}

/** Refuses a request that is not for this server, or that a page of another site makes. */
function refused(
  { headers: { host } }: FastifyRequest,
  reply: FastifyReply,
  guests: Guests,
  site: string | readonly string[] | undefined,
): boolean {
  const refusal = guests.refusal({ host, fetchSite: typeof site === "string" ? site : undefined });
  if (refusal === undefined) return false;
  const hint = "use an IP address or localhost, or start the server with --http-name and the name that you use";
  reply.status(403).send(errorBody("FORBIDDEN", refusal, hint));
  return true;
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, bytes, gzipped, etag, isImmutable }: PageFile,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  const squeezed = gzipped !== undefined && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  reply
    .headers(headers)
    .type(type)
    .header("etag", etag)
    .header("vary", "accept-encoding")
    .header("cache-control", isImmutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"]?.includes(etag) === true) return reply.status(304).send();
  if (squeezed) reply.header("content-encoding", "gzip");
  return reply.send(squeezed ? gzipped : bytes);
}
