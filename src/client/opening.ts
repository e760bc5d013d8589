/** Opens a session with a cluster, or resumes one: the options checked, the endpoints compared. */
import { limits } from "../base/limits.ts";
import { Glance } from "./agreement.ts";
import { checkAuths, checkCredentials, checkFlag, checkOptions, checkSignal } from "./checks.ts";
import { SessionDriver } from "./driver.ts";
import { checkEndpoints, checkTimeout } from "./endpoints.ts";
import type { ClientOptions } from "./options.ts";

const requestTimeoutDefaultMs = 10_000;
const connectTimeoutDefaultMs = 10_000;
/** How long closing a session may take that nobody is to have. */
const farewellMs = 2_000;
/** The wire has 32 bits for it; the server takes far less. */
const sessionTimeoutMaxMs = 2 ** 31 - 1;

/** Rejects as `TerrariumClient.connect` does. `requestTimeoutMs`: of requests that have none of their own. */
export async function openSession(
  options: ClientOptions,
): Promise<{ readonly driver: SessionDriver; readonly requestTimeoutMs: number }> {
  const {
    endpoints,
    sessionTimeoutMs = limits.sessionTimeoutDefaultMs,
    requestTimeoutMs = requestTimeoutDefaultMs,
    connectTimeoutMs = connectTimeoutDefaultMs,
    signal,
    session,
    auth,
    discover = true,
  } = checkOptions(options, [
    "endpoints",
    "sessionTimeoutMs",
    "requestTimeoutMs",
    "connectTimeoutMs",
    "signal",
    "session",
    "auth",
    "discover",
  ]);
  // All of it before the driver starts.
  const given = {
    endpoints: checkEndpoints(endpoints),
    sessionTimeoutMs: Math.min(Math.ceil(checkTimeout("sessionTimeoutMs", sessionTimeoutMs)), sessionTimeoutMaxMs),
    resume: checkCredentials(session),
    credentials: checkAuths(auth),
    discover: checkFlag("discover", discover),
  };
  const patienceMs = checkTimeout("requestTimeoutMs", requestTimeoutMs);
  const connectMs = checkTimeout("connectTimeoutMs", connectTimeoutMs);
  const until = checkSignal(signal);
  const driver = new SessionDriver(given);
  // A session that goes on knows its cluster.
  const glance = new Glance(given.resume === undefined ? given.endpoints : [], connectMs);
  try {
    await driver.connect(connectMs, until);
    await glance.agree().catch(async (error: unknown) => {
      // Nobody will use it.
      await driver.close(farewellMs).catch(() => undefined);
      throw error;
    });
    return { driver, requestTimeoutMs: patienceMs };
  } finally {
    glance.end();
  }
}
