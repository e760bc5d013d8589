/** One core of a hunt that also counts which code its runs reach: the worker, with V8's counts begun before it is loaded. */
import { parentPort } from "node:worker_threads";
import { CoverageCount } from "./cli/coverage/collect.ts";
import type { FromWorker } from "./hunt/messages.ts";

const count = new CoverageCount();
await import("./hunt-worker.ts");
parentPort?.postMessage({ type: "coverage", scripts: count.take() } satisfies FromWorker);
