/**
 * The process that makes the load, so that its processor time is nobody else's, and that each client library is the only one in
 * its process. It is told what to do by messages: see `process.ts`.
 */
import type { Driver } from "./driver.ts";
import { runLoad } from "./loop.ts";
import { openTarget } from "./open.ts";
import type { FromLoad, ToLoad } from "./process.ts";

let driver: Driver | undefined;

function say(message: FromLoad): void {
  process.send?.(message);
}

async function obey(order: ToLoad): Promise<void> {
  switch (order.type) {
    case "open":
      driver = await openTarget(order.target, order.sessions, order.keys);
      await driver.prepare();
      return say({ type: "opened" });
    case "run":
      if (driver === undefined) throw new Error("nothing is open");
      return say({
        type: "result",
        result: await runLoad(driver, { ...order.options, progress: (done) => say({ type: "progress", done }) }),
      });
    case "close":
      await driver?.close();
      process.disconnect();
  }
}

process.on("message", (order: ToLoad) => {
  obey(order).catch((error: unknown) => {
    say({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  });
});
// Its parent is gone.
process.on("disconnect", () => process.exit());
