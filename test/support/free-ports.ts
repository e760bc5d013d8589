/** Ports for servers that tests and benchmarks start. */
import { createServer } from "node:net";

/** Where they begin: behind the last port that `fetch` refuses, as browsers do. */
export const firstPort = 10_100;
const last = 30_000;

/** Tests run in up to two processes at a time: each has its half, so that none takes a port that the other is about to. */
const half = (Number(process.env["VITEST_POOL_ID"] ?? 1) % 2) * ((last - firstPort) / 2);

/** `cluster.sh` lays a cluster's other ports above its first one. */
const above = 400;

/**
 * `count` ports of 127.0.0.1 on which nothing listens. They lie below the range from which the system takes ports for
 * outgoing connections, so that none of these takes one before the server starts.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = firstPort + half + Math.floor(Math.random() * ((last - firstPort) / 2 - above));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
