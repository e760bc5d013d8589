/** Checks of what the user of the client passed. */
import { TerrariumError } from "../base/errors.ts";

const endpointShape = /^(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/[\]@]+):(\d{1,5})$/;

/** The endpoints, without doubles. Throws USAGE unless there is one and each is `host:port`. */
export function checkEndpoints(endpoints: readonly string[]): readonly string[] {
  if (endpoints.length === 0) throw new TerrariumError("USAGE", "no endpoint is given", "give at least one host:port");
  for (const endpoint of endpoints) {
    const port = Number(endpointShape.exec(endpoint)?.[1] ?? 0);
    if (port >= 1 && port <= 65_535) continue;
    throw new TerrariumError(
      "USAGE",
      `the endpoint "${endpoint}" is not host:port`,
      "write it as 127.0.0.1:7101 or [::1]:7101",
    );
  }
  return [...new Set(endpoints)];
}

/** The time, milliseconds. Throws USAGE unless it is a positive number; `Infinity` is one. */
export function checkTimeout(name: string, timeoutMs: number): number {
  if (timeoutMs > 0) return timeoutMs;
  throw new TerrariumError(
    "USAGE",
    `${name} is ${timeoutMs}, not a positive number of milliseconds`,
    "give it above 0",
  );
}
