/** The playground in a real browser: what somebody does there, and that it is what Node's simulator does. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { playFragment } from "../../sim/cli/play-address.ts";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { checkPlan, type Plan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";
import { checkScene } from "../../sim/scenes/scene.ts";
import { Simulation } from "../../sim/simulation.ts";
import type { TerrariumPlay } from "../../web/play/app.ts";
import type { Moment } from "../../web/play/run/protocol.ts";
import { chromiumPath, errorsOf, type Pages, seriousFaults, startBrowser, startPages } from "./browser.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const figure8 = checkScene("figure-8", JSON.parse(read("sim/scenes/figure-8.json")));

/** A plan in which the bug C1 breaks a promise: the scene goes as in Figure 8, and the entry is committed too early. */
const figure8Plan = figure8.plan;

function hashAfter(plan: Plan, steps: number): string {
  const simulation = new Simulation(plan);
  for (let i = 0; i < steps; i++) simulation.step();
  return simulation.traceHash;
}

describe.skipIf(chromiumPath === undefined)("the playground", () => {
  let browser: Browser;
  let pages: Pages;

  beforeAll(async () => {
    [browser, pages] = await Promise.all([startBrowser(), startPages()]);
  });

  afterAll(async () => {
    await browser.close();
    pages.end();
  });

  /** Opens the page and does something there; it must not have said anything of errors. */
  async function visit(
    fragment: string,
    action: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    try {
      const page = await context.newPage();
      const errors = errorsOf(page);
      await page.goto(pages.address + fragment);
      await page.locator("terrarium-scene .server").first().waitFor();
      await action(page);
      expect(errors).toEqual([]);
    } finally {
      await context.close();
    }
  }

  /** What `look` sees in the page's element. */
  async function seen<T, A>(page: Page, look: (app: TerrariumPlay, argument: A) => T, argument: A): Promise<T> {
    return await page.locator("terrarium-play").evaluate(look as (app: Element, argument: unknown) => T, argument);
  }

  async function momentOf(page: Page): Promise<Moment> {
    await until(page, (app) => app.moment !== undefined, 0);
    return await seen(page, (app) => app.moment as Moment, 0);
  }

  /** Waits until the page's element is as wanted. Asked again and again from outside: the page's policy forbids more. */
  async function until<A>(
    page: Page,
    isWanted: (app: TerrariumPlay, argument: A) => boolean,
    argument: A,
  ): Promise<void> {
    await expect.poll(() => seen(page, isWanted, argument), { timeout: 60_000, interval: 40 }).toBe(true);
  }

  /** Goes to a place of the run, as the line of time does. */
  async function seek(page: Page, us: number): Promise<void> {
    await seen(page, (app, to) => app.seek(to), us);
    await until(page, (app, to) => app.moment?.us === to, us);
  }

  /** Goes on until a server has said something to another one, and selects that. */
  async function selectMessage(page: Page): Promise<{ readonly id: string }> {
    const next = async () =>
      (await momentOf(page)).picture.messages.find(({ from, to, kind }) => from.kind === to.kind && kind !== "broken");
    let message = await next();
    for (; message === undefined; message = await next()) {
      const { steps } = await momentOf(page);
      await page.keyboard.press("ArrowRight");
      await until(page, (app, before) => app.moment?.steps !== before, steps);
    }
    await seen(page, (app, id) => app.select({ kind: "message", id }), message.id);
    return message;
  }

  const notice = (page: Page) => page.locator(".notice");

  it("plays a scene to its end, and tells its verdict", async () => {
    await visit("#scene=figure-8", async (page) => {
      await page.getByLabel("speed").selectOption("100×");
      await page.keyboard.press("Space");
      await until(page, (app) => app.moment?.isOver === true, 0);
      await page.getByText("Verdict: the scene went as told.").waitFor();
      await page.getByRole("tab", { name: "Story" }).click();
      await page.getByText("throws away 4").first().waitFor();
      const { steps, traceHash } = await momentOf(page);
      expect(traceHash).toBe(hashAfter(figure8Plan, steps));
    });
  });

  it("steps back and forth lead to the moments of the run in Node", async () => {
    await visit("#scene=figure-8&at=300", async (page) => {
      await until(page, (app) => app.moment?.steps === 300, 0);
      const first = await momentOf(page);
      expect(first.traceHash).toBe(hashAfter(figure8Plan, 300));
      await page.keyboard.press("ArrowRight");
      await until(page, (app, steps) => (app.moment?.steps ?? 0) > steps, first.steps);
      const second = await momentOf(page);
      expect(second.events).toBe(first.events + 1);
      expect(second.traceHash).toBe(hashAfter(figure8Plan, second.steps));
      await page.keyboard.press("ArrowLeft");
      await until(page, (app, events) => app.moment?.events === events, first.events);
      const back = await momentOf(page);
      expect(back.traceHash).toBe(first.traceHash);
      await page.keyboard.press("Shift+ArrowRight");
      await until(page, (app, steps) => (app.moment?.steps ?? 0) > steps, back.steps);
      const line = await momentOf(page);
      expect(line.traceHash).toBe(hashAfter(figure8Plan, line.steps));
      // What handled an event stands beside it.
      await page.getByRole("tab", { name: "Source" }).click();
      await page.locator("pre.code").waitFor();
    });
  });

  it("crashes the leader by hand, and another one is elected", async () => {
    await visit("#try=replace-leader", async (page) => {
      await seek(page, 1_500_000);
      const leader = (await momentOf(page)).picture.servers.find(({ role }) => role === "leader")?.id ?? 0;
      await page.getByRole("button", { name: `Server n${leader}: leader` }).click();
      await page.getByRole("button", { name: "Crash", exact: true }).click();
      await page.getByRole("button", { name: `Server n${leader}: down` }).waitFor();
      await page.getByRole("tab", { name: "Scene" }).click();
      await page.getByText(/Done, at .* leads in place of/).waitFor();
      const { steps, traceHash } = await momentOf(page);
      const plan = await seen(page, (app) => JSON.stringify(app.loaded.plan), 0);
      expect(traceHash).toBe(hashAfter(checkPlan(JSON.parse(plan)), steps));
    });
  });

  it("drops a message that is on its way", async () => {
    await visit("", async (page) => {
      await seek(page, 2_000_000);
      const message = await selectMessage(page);
      await page.getByRole("button", { name: "Drop it" }).click();
      await until(page, (app, id) => app.moment?.picture.messages.every((one) => one.id !== id) === true, message.id);
      await until(page, (app) => app.loaded.plan.faults.some(({ what }) => what.kind === "intercept"), 0);
    });
  });

  it("lets a message come twice, or late; adds a member; and shows the rule at work", async () => {
    await visit("", async (page) => {
      await seek(page, 2_000_000);
      /** Does this to a message that is on its way. */
      const intercept = async (button: string, does: string): Promise<void> => {
        await selectMessage(page);
        await page.getByRole("button", { name: button }).click();
        await until(
          page,
          (app, wanted) => app.loaded.plan.faults.some(({ what }) => what.kind === "intercept" && what.does === wanted),
          does,
        );
      };
      await intercept("Let it come twice", "duplicate");
      await intercept("Delay by 1 s", "delay");
      await until(
        page,
        (app) => app.moment?.picture.messages.some(({ sentMs, arrivesMs }) => arrivesMs - sentMs > 900) === true,
        0,
      );
      // The page's keys are the page's again.
      await page.getByRole("tab", { name: "Do" }).click();
      await page.getByRole("button", { name: "everything" }).click();
      await page.getByRole("button", { name: "Add a spare server" }).click();
      await until(page, (app) => app.loaded.plan.faults.some(({ what }) => what.kind === "member"), 0);
      await seek(page, 6_000_000);
      await page.getByRole("button", { name: /^Server n6: follower/ }).waitFor();
      await page.getByRole("tab", { name: "Source" }).click();
      await page.getByText(/^src\/(raft|node|client)\/.*, lines \d+ to \d+/).waitFor();
      await page.getByRole("tab", { name: "Story" }).click();
      const { steps, traceHash } = await momentOf(page);
      const plan = await seen(page, (app) => JSON.stringify(app.loaded.plan), 0);
      expect(traceHash).toBe(hashAfter(checkPlan(JSON.parse(plan)), steps));
    });
  });

  it("hunts in the page: finds a seed that breaks a promise, makes its plan small, and opens it", async () => {
    await visit("", async (page) => {
      // So that the hunt is the same each time.
      await page.evaluate(() => {
        Math.random = () => 0.5;
      });
      await page.getByRole("tab", { name: "Bugs" }).click();
      await page.getByLabel("Bug", { exact: true }).selectOption("E3");
      await page.getByRole("button", { name: "Hunt for a seed that breaks a promise" }).click();
      await page.getByText(/^Seed \d+ breaks .* is opened\.$/).waitFor({ timeout: 100_000 });
      await until(page, (app) => app.run?.failure !== undefined, 0);
      expect(await seen(page, (app) => app.loaded.source.kind, 0)).toBe("plan");
      const { failure } = (await seen(page, (app) => app.run, 0)) ?? {};
      const plan = await seen(page, (app) => app.loaded.plan, 0);
      // It fails because of the bug, and only so.
      const clean = run(checkPlan(plan), allCheckers());
      expect(clean.failure).toBeUndefined();
      expect(failure?.invariant).toBeDefined();
    });
  });

  it("a client's console does what it is told, and says what came of it", async () => {
    await visit("", async (page) => {
      await seek(page, 2_000_000);
      await page.getByRole("button", { name: /^Client c1/ }).click();
      const command = page.getByLabel("A command of client c1");
      await command.fill("create /by-hand 'a <b>word</b>'");
      await command.press("Enter");
      await until(page, (app) => app.loaded.plan.workload.operations.length === 1, 0);
      await seek(page, 2_500_000);
      await page.getByText("create /by-hand").waitFor();
      await command.fill("make /x");
      await command.press("Enter");
      await notice(page).getByText("There is no command make.").waitFor();
      await page.getByRole("tab", { name: "Trees" }).click();
      await page.getByRole("rowheader", { name: "/by-hand" }).waitFor();
      // Data is text.
      await page.getByText("a <b>word</b> v0").first().waitFor();
    });
  });

  it("with the bug C1 planted, a promise falls in Figure 8, and time stops there", async () => {
    await visit("#scene=figure-8", async (page) => {
      await page.getByRole("tab", { name: "Bugs" }).click();
      await page.getByLabel("Bug", { exact: true }).selectOption("C1");
      await page.getByText("Only an entry of the leader's own term").waitFor();
      await until(page, (app) => app.run?.failure !== undefined, 0);
      await page.getByLabel("speed").selectOption("100×");
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await until(page, (app) => app.moment?.isBroken === true && !app.isPlaying, 0);
      await page.getByText("Happened:").waitFor();
      const failure = await seen(page, (app) => app.run?.failure, 0);
      expect(["leader-completeness", "state-machine-safety", "commit-durability", "assertion"]).toContain(
        failure?.invariant,
      );
    });
  });

  it("opens the plan of a hunt by its address, and by its file", async () => {
    const plan = generatePlan(9, { horizonMs: 2_000 });
    await visit(playFragment(plan), async (page) => {
      await page.getByText("The plan that was opened").waitFor({ state: "attached" });
      await seek(page, 1_000_000);
      const { steps, traceHash } = await momentOf(page);
      expect(traceHash).toBe(hashAfter(plan, steps));
      await page
        .getByLabel("Open a plan")
        .setInputFiles({ name: "hunt-3.json", mimeType: "application/json", buffer: Buffer.from('{ "seed": 3 }') });
      await until(page, (app) => app.loaded.plan.seed === 3, 0);
    });
  });

  it("shares a moment by its address, which a reload finds again", async () => {
    await visit("#try=two-leaders", async (page) => {
      await seek(page, 1_500_000);
      await page.getByRole("tab", { name: "Do" }).click();
      await page.getByRole("button", { name: "Crash the leader" }).click();
      await until(page, (app) => app.loaded.isChanged, 0);
      await until(page, () => location.hash.startsWith("#plan=") && location.hash.includes("&at="), 0);
      const before = await momentOf(page);
      const address = page.url();
      await page.reload();
      await until(page, (app, steps) => app.moment?.steps === steps, before.steps);
      expect((await momentOf(page)).traceHash).toBe(before.traceHash);
      await page.goto("about:blank");
      await page.goto(address);
      await until(page, (app, steps) => app.moment?.steps === steps, before.steps);
      expect((await momentOf(page)).traceHash).toBe(before.traceHash);
    });
  });

  it.each([
    ["cut", `${playFragment(generatePlan(3)).slice(0, 60)}`, "cut or damaged"],
    ["nonsense", "#plan=%F0%9F%92%A5", "cut or damaged"],
    ["nothing that is known", "#what", "no plan, no scene and no seed"],
    [
      "of another version",
      playFragment({ ...generatePlan(3), version: 2 }),
      "This plan cannot be run: plan.version is 2",
    ],
    ["too large", playFragment({ ...generatePlan(3), note: " ".repeat(50_000_000) } as Plan), "larger than 1 MiB"],
    ["an unknown scene", "#scene=figure-99", "There is no such scene"],
    ["an unknown bug", "#scene=figure-8&bug=Z9", "There is no bug Z9"],
  ])("an address that is %s gets one sentence, and the page goes on", async (_, fragment, sentence) => {
    await visit(fragment, async (page) => {
      await notice(page).getByText(sentence).waitFor();
      await seek(page, 500_000);
    });
  });

  it("names and data are text: markup, directions and length do no harm", async () => {
    const path = `/<img src=x onerror=alert(1)>\u202egnp${"x".repeat(3_000)}`;
    const operations = [{ client: 1, atMs: 1_500, step: { kind: "create", path, data: "\u2066<script>" } }];
    const plan = checkPlan({
      seed: 2,
      config: { clients: 1, horizonMs: 4_000 },
      workload: { perSecond: 0, operations },
    });
    await visit(playFragment(plan), async (page) => {
      await seek(page, 3_000_000);
      for (const name of ["Trees", "Story"]) {
        await page.getByRole("tab", { name }).click();
        await page.getByText("\\u{202e}gnp").first().waitFor();
      }
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    });
  });

  it("is whole in one file, which needs no server", async () => {
    const file = join(pages.folder, "alone.html");
    const page = readFileSync(join(pages.folder, "play", "one-file.html"), "utf8");
    writeFileSync(
      file,
      page.replace("%plan%", () => JSON.stringify(figure8Plan)),
    );
    const context = await browser.newContext({ offline: true });
    try {
      const tab = await context.newPage();
      const errors = errorsOf(tab);
      await tab.goto(pathToFileURL(file).href);
      await tab.locator("terrarium-scene .server").first().waitFor();
      await until(tab, (app) => app.run?.isComplete === true, 0);
      expect(await seen(tab, (app) => app.loaded.plan.seed, 0)).toBe(8);
      expect(errors).toEqual([]);
    } finally {
      await context.close();
    }
  });

  it.each([
    ["light", { width: 1280, height: 800 }],
    ["dark", { width: 390, height: 844 }],
  ] as const)("has no serious fault that axe finds: %s", async (colorScheme, viewport) => {
    await visit(
      "#scene=figure-8&at=400",
      async (page) => {
        for (const name of ["Scene", "Do", "Story", "Promises", "Source", "Trees", "Bugs"]) {
          await page.getByRole("tab", { name }).click();
          await page.getByRole("tab", { name, selected: true }).waitFor();
          // All but the panel is the same behind each tab.
          const within = name === "Scene" ? undefined : ["terrarium-play", "#panel"];
          expect(await seriousFaults(page, within), name).toEqual([]);
        }
      },
      { colorScheme, viewport },
    );
  });
});
