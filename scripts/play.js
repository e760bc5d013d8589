// `npm run play`: serves the playground on this machine, and prints the address that opens it. The pages are static: any web
// server can host dist/web/.

import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build, isStale } from "./build.js";

const usage = `npm run play -- [options]
  --plan FILE      opens this plan, as npm run hunt and npm run sim -- --print-plan write it
  --scene NAME     opens a scene from the paper
  --bug ID         with this bug planted
  --port N         listens there (default: a free port)
Ctrl-C ends it.
`;

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
};

/** Nothing but what lies here, and the simulator's code with a bug in it, which the page makes itself. */
export const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self' blob:; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A server of the files below `folder`, which must not change. */
export function pageServer(folder) {
  const compressed = new Map();
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/" || pathname === "/play") {
      response.writeHead(302, { location: "/play/" }).end();
      return;
    }
    const file = fileFor(folder, pathname);
    if (file === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("There is no such page.\n");
      return;
    }
    const isHashed = pathname.includes("/assets/");
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    response.setHeader("content-security-policy", contentPolicy);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    response.setHeader("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (/\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
      if (!compressed.has(file)) compressed.set(file, gzipSync(readFileSync(file)));
      response.setHeader("content-encoding", "gzip");
      response.end(request.method === "HEAD" ? undefined : compressed.get(file));
    } else response.end(request.method === "HEAD" ? undefined : readFileSync(file));
  });
}

function fileFor(folder, pathname) {
  let path;
  try {
    path = normalize(decodeURIComponent(pathname));
  } catch {
    return undefined;
  }
  const file = join(folder, path.endsWith(sep) ? join(path, "index.html") : path);
  return file.startsWith(folder) && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

/** What is behind the # of the address; a sentence is thrown for what cannot be opened. */
async function fragmentOf({ plan, scene, bug }) {
  if (plan !== undefined) {
    const { readPlan } = await import("../dist/sim/cli/files.js");
    const { playFragment } = await import("../dist/sim/cli/play-address.js");
    return playFragment(readPlan(plan), bug);
  }
  const parts = [scene === undefined ? "try=" : `scene=${encodeURIComponent(scene)}`];
  if (scene !== undefined) (await import("../dist/sim/cli/scenes.js")).readScene(scene);
  if (bug !== undefined) parts.push(`bug=${encodeURIComponent(bug)}`);
  return scene === undefined && bug === undefined ? "" : `#${parts.join("&")}`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      plan: { type: "string" },
      scene: { type: "string" },
      bug: { type: "string" },
      port: { type: "string", default: "0" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  if (values.plan !== undefined && values.scene !== undefined) throw new Error("Give a plan or a scene, not both.");
  const port = Number(values.port);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw new Error(`The option --port is "${values.port}", but must be a number from 0 to 65535.`);
  if (isStale()) {
    process.stderr.write("building …\n");
    await build();
  }
  const fragment = await fragmentOf(values);
  const server = pageServer(fileURLToPath(new URL("../dist/web/", import.meta.url)));
  server.on("error", (error) => {
    console.error(
      error.code === "EADDRINUSE"
        ? `The port ${port} is taken: leave out --port for a free one.`
        : `The playground cannot be served: ${error.message}`,
    );
    process.exitCode = 2;
  });
  server.listen(port, "127.0.0.1", () => {
    console.log(`The playground is at http://127.0.0.1:${server.address().port}/play/${fragment}`);
  });
  const end = () => {
    server.close();
    server.closeAllConnections();
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 2;
  }
}
