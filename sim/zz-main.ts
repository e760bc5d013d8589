import { allCheckers } from "./checkers/all.ts";
import { generatePlan } from "./hunter/generate.ts";
import { run } from "./runner.ts";

const [from = 1, to = 100, only = 0] = process.argv.slice(2).map(Number);
let events = 0;
const counts: Record<string, number> = {};
const t = performance.now();
for (let seed = from; seed <= to; seed++) {
  const plan = generatePlan(seed);
  if (only > 0 && plan.config.spares === 0 && !plan.faults.some((f) => f.what.kind === "member" || f.what.kind === "transfer")) continue;
  const configurations = new Set<string>();
  let transfers = 0;
  const outcome = run(plan, [
    ...allCheckers(),
    {
      name: "count",
      effects: (_s, e) => {
        for (const entry of e.committed) if (entry.kind === "configuration" && entry.index > 1) configurations.add(`${entry.index}`);
        for (const m of e.messages) if (m.message.type === "TimeoutNow") transfers++;
      },
    },
  ]);
  events += outcome.events;
  counts["runs"] = (counts["runs"] ?? 0) + 1;
  counts["configs"] = (counts["configs"] ?? 0) + configurations.size;
  counts["runs with configs"] = (counts["runs with configs"] ?? 0) + (configurations.size > 0 ? 1 : 0);
  counts["transfers"] = (counts["transfers"] ?? 0) + (transfers > 0 ? 1 : 0);
  counts["unrecovered"] = (counts["unrecovered"] ?? 0) + (outcome.recovered ? 0 : 1);
  if (outcome.failure !== undefined) console.log(`seed ${seed}: ${outcome.failure.invariant}: ${outcome.failure.message}`);
}
console.log(JSON.stringify(counts), events, Math.round(performance.now() - t), "ms");
