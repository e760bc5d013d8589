/** Checks of where the servers are and of how long to wait: USAGE if they are wrong. */
import { isEndpoint } from "../base/endpoint.ts";
import { TerrariumError } from "../base/errors.ts";
import { shown } from "./checks.ts";

/** The endpoints, without doubles. Throws USAGE unless there is one and each is `host:port`. */
export function checkEndpoints(endpoints: unknown): readonly string[] {
  if (!Array.isArray(endpoints)) {
    const hint = 'give a list such as ["127.0.0.1:7101", "127.0.0.1:7102"]';
    throw new TerrariumError("USAGE", `endpoints is ${shown(endpoints)}, not an array of host:port`, hint);
  }
  if (endpoints.length === 0) throw new TerrariumError("USAGE", "no endpoint is given", "give at least one host:port");
  return [...new Set(endpoints.map(checkEndpoint))];
}

/** One endpoint. Throws USAGE unless it is `host:port`. */
export function checkEndpoint(endpoint: unknown): string {
  if (isEndpoint(endpoint)) return endpoint;
  const hint = "write it as 127.0.0.1:7101 or [::1]:7101";
  throw new TerrariumError("USAGE", `the endpoint ${shown(endpoint)} is not host:port`, hint);
}

/** The time, milliseconds. Throws USAGE unless it is a positive number; `Infinity` is one. */
export function checkTimeout(name: string, timeoutMs: unknown): number {
  if (typeof timeoutMs === "number" && timeoutMs > 0) return timeoutMs;
  throw new TerrariumError(
    "USAGE",
    `${name} is ${shown(timeoutMs)}, not a positive number of milliseconds`,
    "give it above 0",
  );
}
