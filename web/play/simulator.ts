/** The page's end of the worker. A bug is planted by changing the worker's code before it starts. */
import type { Bug } from "virtual:bugs";
import { workerAddress, workerText } from "virtual:worker";
import type { FromWorker, ToWorker } from "./run/protocol.ts";

/** The worker's code as text. */
async function workerCode(): Promise<string> {
  if (workerAddress === "") return workerText;
  const answer = await fetch(workerAddress);
  if (!answer.ok) throw new Error(`the simulator could not be loaded (${answer.status})`);
  return await answer.text();
}

async function startWorker(bug: Bug | undefined): Promise<Worker> {
  if (bug === undefined && workerAddress !== "") return new Worker(workerAddress);
  const code = await workerCode();
  const { at, length, text } = bug?.patch ?? { at: 0, length: 0, text: "" };
  const planted = code.slice(0, at) + text + code.slice(at + length);
  const url = URL.createObjectURL(new Blob([planted], { type: "text/javascript" }));
  try {
    return new Worker(url);
  } finally {
    // The worker has its code by now, or will not get it.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}

/** One worker; see the file's comment. Messages that are sent before it runs wait. */
export class Simulator {
  readonly #worker: Promise<Worker>;
  #isEnded = false;

  /** `hear` gets what it says, and `fail` a sentence if it cannot go on. */
  constructor(bug: Bug | undefined, hear: (message: FromWorker) => void, fail: (sentence: string) => void) {
    const failed = (reason: string): void => {
      if (!this.#isEnded) fail(`The simulator has stopped: ${reason}`);
    };
    this.#worker = startWorker(bug).then((worker) => {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (!this.#isEnded) hear(data);
      };
      worker.onerror = (event) => failed(event.message);
      if (this.#isEnded) worker.terminate();
      return worker;
    });
    this.#worker.catch((error: unknown) => failed(error instanceof Error ? error.message : String(error)));
  }

  send(message: ToWorker): void {
    this.#worker.then(
      (worker) => worker.postMessage(message),
      () => {},
    );
  }

  /** Ends it, in the middle of whatever it does. */
  end(): void {
    this.#isEnded = true;
    this.#worker.then(
      (worker) => worker.terminate(),
      () => {},
    );
  }
}
