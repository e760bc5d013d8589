/** The page of the open league, from its list. */
import { allMutants } from "../../mutants/catalogue.ts";
import { type LeagueEntry, league } from "../../mutants/league.ts";
import type { Mutant } from "../../mutants/mutant.ts";

/** Survivors that are to be in the league: those that break a promise, and of which the catalogue says why they live. */
export function openMutants(): readonly Mutant[] {
  return allMutants.filter(({ survives }) => survives !== undefined);
}

const missing: { readonly [needs in LeagueEntry["needs"]]: string } = {
  plan: "a plan",
  schedule: "a schedule of the hunter",
  fault: "a fault",
  checker: "a checker",
};

/** docs/open-league.md. */
export function leaguePage(): string {
  return `${[
    "# The open league",
    "",
    "<!-- Written by `npm run mutants -- --pages` from sim/mutants/league.ts. -->",
    "",
    "Most [planted bugs](mutants.md) are found by the simulator within seconds. These are not. Each breaks a promise that somebody",
    "relies on; each is caught by a unit test or by a kept plan; and no random plan gets there in reasonable time. So if such a",
    "bug came into the code in another shape, nobody would know.",
    "",
    `${league.length} are open. Kill one, and it becomes part of the suite.`,
    "",
    "| Bug | What is missing | What it would take |",
    "| --- | --- | --- |",
    ...league.map(row),
    "",
    "## How to play",
    "",
    "There are four ways to kill one, from the easiest to the one that helps most:",
    "",
    "- **A plan** is a JSON file: servers, clients, what they do, which faults strike and when ([how](simulator.md)). Under it a",
    "  promise breaks with the bug, and none without.",
    "- **A schedule** is a function in `sim/hunter/` (`schedules.ts` there has most) that draws plans of a certain kind. With it",
    "  the hunter finds the bug by itself, and its relatives too.",
    "- **A fault** is something that can go wrong and that the simulator could not do before (`sim/plan/actions.ts`,",
    "  `sim/faults/`).",
    "- **A checker** watches a promise that nobody watched (`sim/checkers/`, with its sentence in `sim/promises.ts`).",
    "",
    "Look at the bug first: `npm run mutants -- --list` names all, and their text is in `sim/mutants/`. Play it while you try:",
    "",
    "```",
    "npm run sim -- --plan my.json --mutant W13 --story",
    "npm run lab -- league W13 my.json   # does the plan kill it, for the right reason, and nothing without it?",
    "```",
    "",
    "A plan that counts goes to `sim/regressions/`, where the tests replay it with the code as it is, and its name into the bug's",
    "entry in `sim/mutants/league.ts`: from then on `test/unit/sim-league.test.ts` plants the bug and sees that the plan kills it.",
    "A schedule, a fault or a checker counts when",
    "",
    "```",
    "npm run mutants -- --only W13 --seeds 3 --budget 60 --write",
    "npm run hunt -- --runs 500 --seed-from 1",
    "```",
    "",
    "kills it from at least one of the three base seeds, and finds nothing without it; then the bug leaves the league, its",
    "`survives` leaves the catalogue, and its row in [mutants.md](mutants.md) says how long it lived.",
  ].join("\n")}\n`;
}

function row({ id, needs, takes, plan }: LeagueEntry): string {
  const mutant = allMutants.find((one) => one.id === id);
  const title = mutant === undefined ? "" : `${mutant.title}<br>${mutant.source} · \`${mutant.file}\``;
  const kept = plan === undefined ? "" : ` Kept plan: [${plan}](../sim/regressions/${plan}.json).`;
  return `| **${id}** ${title} | ${missing[needs]} | ${takes}${kept} |`;
}
