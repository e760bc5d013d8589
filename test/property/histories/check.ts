/** Makes histories, and tells of the shortest that breaks a promise. */
import fc from "fast-check";
import { Cluster } from "./cluster.ts";
import { historyCommands } from "./commands.ts";
import { Promises } from "./promises.ts";

/** Runs histories of up to `maxCommands` commands; `report`: what fast-check says of one that fails. */
export function checkHistories(
  parameters: fc.Parameters<unknown>,
  maxCommands = 25,
): { readonly failed: boolean; readonly report: string } {
  const commands = fc.commands([...historyCommands], { maxCommands });
  const property = fc.property(fc.nat(2 ** 16), commands, (seed, history) => {
    fc.modelRun(() => {
      const [model, real] = [new Promises(2), new Cluster(seed)];
      for (const path of ["/a", "/b"])
        real.ask(1, [{ kind: "create", path, data: "", ephemeral: false, sequential: false }]);
      model.judge(real.settle());
      return { model, real };
    }, history);
  });
  const details = fc.check(property, { includeErrorInReport: true, ...parameters } as fc.Parameters<
    [number, Iterable<fc.Command<Promises, Cluster>>]
  >);
  return { failed: details.failed, report: details.failed ? (fc.defaultReportMessage(details) ?? "") : "" };
}
