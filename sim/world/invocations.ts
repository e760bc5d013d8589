/** What a step of the workload asks of the cluster. */
import { utf8 } from "../../src/base/bytes.ts";
import type { Step, Workload } from "../plan/plan.ts";
import { operationOf } from "../write-steps.ts";
import type { Invocation } from "./history.ts";

/** Of a step that asks something; the others do something to the connection. */
export function invocationOf(
  step: Exclude<Step, { readonly kind: "reconnect" | "move" | "abort" | "blunder" | "vanish" | "inherit" }>,
): Invocation {
  switch (step.kind) {
    case "read": {
      const { read: kind, path, watch, local, limit, after } = step;
      const read = { kind, path, watch, local };
      return { type: "read", read: limit > 0 ? { ...read, limit, after } : read };
    }
    case "multiRead": {
      const parts = step.paths.flatMap((path) => [
        { kind: "getData", path } as const,
        { kind: "getChildren", path } as const,
      ]);
      return { type: "read", read: { kind: "multiRead", path: "/", watch: false, local: step.local, parts } };
    }
    case "addWatch": {
      const kind = step.recursive ? "addRecursiveWatch" : "addWatch";
      return { type: "read", read: { kind, path: step.path, watch: true, local: step.local } };
    }
    case "sync":
      return { type: "read", read: { kind: "sync", path: "/", watch: false, local: false } };
    case "close":
      return { type: "close" };
    case "auth":
      return { type: "auth", credential: { scheme: "digest", auth: utf8(step.credential) } };
    default:
      return { type: "write", operation: operationOf(step) };
  }
}

/**
 * For how long a client waits for the answer; `Infinity`: as long as it takes. Who gives up showing who it is, or closing its
 * session, would not know where it stands.
 */
export function patienceMs({ type }: Invocation, workload: Workload): number {
  const givesUp = workload.patienceMs > 0 && type !== "auth" && type !== "close";
  return givesUp ? workload.patienceMs : Number.POSITIVE_INFINITY;
}
