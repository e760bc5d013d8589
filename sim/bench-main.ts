/** `npm run sim:bench`: events a second and speed-up over real time on one core, for five busy servers. */
import { allCheckers } from "./checkers/all.ts";
import { checkPlan } from "./plan/plan.ts";
import { run } from "./runner.ts";

const plan = (seed: number) =>
  checkPlan({ seed, config: { servers: 5, clients: 8, horizonMs: 120_000 }, workload: { perSecond: 2 } });

/** Runs until `seconds` of processor time are used; returns what was done in them. */
function measure(checked: boolean, seconds: number): { events: number; virtualMs: number; cpuMs: number } {
  let [events, virtualMs] = [0, 0];
  const begun = process.cpuUsage();
  const cpuMs = () => {
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
  };
  for (let seed = 1; cpuMs() < seconds * 1000; seed++) {
    const outcome = run(plan(seed), checked ? allCheckers() : []);
    if (outcome.failure !== undefined) throw new Error(`seed ${seed}: ${outcome.failure.message}`);
    events += outcome.events;
    virtualMs += outcome.virtualMs;
  }
  return { events, virtualMs, cpuMs: cpuMs() };
}

console.log("five servers, eight clients with two operations a second each, one core, no faults");
console.log("processor time, after a warm-up of 5 s:");
measure(true, 5);
for (const checked of [false, true]) {
  const { events, virtualMs, cpuMs } = measure(checked, 10);
  const perSecond = Math.round((events / cpuMs) * 1000).toLocaleString("en");
  const faster = Math.round(virtualMs / cpuMs).toLocaleString("en");
  console.log(`  checkers ${checked ? "on " : "off"}: ${perSecond} events/s, ${faster}× real time`);
}
