/** Where a server listens, as people write it: `127.0.0.1:7101`, `[::1]:7101`, `name:7101`. */

const endpointShape = /^(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/[\]@]+):(\d{1,5})$/;

/** Whether a value is `host:port`. */
export function isEndpoint(endpoint: unknown): endpoint is string {
  if (typeof endpoint !== "string") return false;
  const port = Number(endpointShape.exec(endpoint)?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}
