/** Where the cluster is: as told, else the local cluster that `cluster.sh` starts. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { usage } from "./failures.ts";

/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

const defaultBasePort = 7100;
const defaultSize = 5;
const form = "endpoints are host:port, separated by commas, such as 127.0.0.1:7101,127.0.0.1:7102";

/**
 * The client endpoints: --endpoints, else KVCTL_ENDPOINTS, else the local cluster. `root` is the checkout, below which
 * `.cluster` lies unless TERRARIUM_HOME moves it; `readText` gives a file's text or undefined. USAGE where what the user
 * says of the local cluster is not true: silence would lead to another one.
 */
export function resolveEndpoints(
  option: string | undefined,
  env: Env,
  root: string | undefined,
  readText: (file: string) => string | undefined = readTextFile,
): string[] {
  if (option !== undefined) return parseEndpoints(option, "--endpoints");
  const told = env["KVCTL_ENDPOINTS"];
  if (told) return parseEndpoints(told, "KVCTL_ENDPOINTS");
  const home = env["TERRARIUM_HOME"] || (root === undefined ? undefined : join(root, ".cluster"));
  const written = home === undefined ? undefined : readText(join(home, "cluster.env"));
  if (env["TERRARIUM_HOME"] && written === undefined && !env["TERRARIUM_BASE_PORT"])
    throw usage(`there is no cluster in ${home}, where TERRARIUM_HOME points`, elsewhere);
  const file = parseEnvFile(written ?? "");
  const basePort = basePortOf(env["TERRARIUM_BASE_PORT"] || undefined, file["BASE_PORT"], home);
  const size = Number(file["SIZE"]);
  const servers = Number.isInteger(size) && size >= 1 && size <= 99 ? size : defaultSize;
  const grown = (file["SERVERS"] ?? "")
    .split(",")
    .filter((id) => /^[1-9]\d*$/.test(id))
    .map(Number);
  const ids = grown.length > 0 ? grown : Array.from({ length: servers }, (_, i) => i + 1);
  return ids.map((id) => `127.0.0.1:${basePort + id}`);
}

const elsewhere = "start one with ./cluster.sh 5, unset the variable, or name the cluster with --endpoints";

function basePortOf(told: string | undefined, inFile: string | undefined, home: string | undefined): number {
  const port = Number(told ?? inFile ?? defaultBasePort);
  const isPort = Number.isInteger(port) && port >= 1 && port <= 65_000;
  if (isPort && told !== undefined && inFile !== undefined && port !== Number(inFile)) {
    const hint =
      "unset TERRARIUM_BASE_PORT or set TERRARIUM_HOME to the folder of the other cluster; or use --endpoints";
    throw usage(`the cluster in ${home} uses base port ${inFile}, but TERRARIUM_BASE_PORT is ${told}`, hint);
  }
  if (isPort) return port;
  if (told === undefined) return defaultBasePort;
  throw usage(`TERRARIUM_BASE_PORT: '${told}' is not a port`, "give a number from 1 to 65000, or unset it for 7100");
}

/** Checks and splits a list of endpoints; repeated ones count once. `source` names it in errors. */
export function parseEndpoints(list: string, source: string): string[] {
  const endpoints = list
    .split(",")
    .map((endpoint) => endpoint.trim())
    .filter((endpoint) => endpoint !== "");
  if (endpoints.length === 0) throw usage(`${source}: no endpoint given`, form);
  for (const endpoint of endpoints) {
    const match = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(endpoint);
    const port = Number(match?.[1] ?? 0);
    if (port < 1 || port > 65_535) throw usage(`${source}: '${endpoint}' is not an endpoint`, form);
  }
  return [...new Set(endpoints)];
}

/** `KEY=value` lines; anything else is skipped. */
function parseEnvFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^\s*([A-Z_]+)\s*=\s*"?([^"\s]*)"?\s*$/.exec(line);
    if (match?.[1] !== undefined) values[match[1]] = match[2] ?? "";
  }
  return values;
}

function readTextFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The package that holds `start` (a directory), with its version; undefined outside any. */
export function findPackage(start: string): { readonly root: string; readonly version: string } | undefined {
  for (let at = start; ; at = dirname(at)) {
    const text = readTextFile(join(at, "package.json"));
    const version = text === undefined ? undefined : versionOf(text);
    if (version !== undefined) return { root: at, version };
    if (dirname(at) === at) return undefined;
  }
}

function versionOf(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("name" in parsed) || parsed.name !== "terrarium") return;
    return "version" in parsed ? String(parsed.version) : "unknown";
  } catch {
    return undefined;
  }
}
