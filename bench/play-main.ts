/**
 * `npm run bench:play`: the playground in Chromium. What it loads and how soon it is seen, frames a second while a cluster
 * of five runs, the processor time of a frame, and how long it takes to go back in a long run.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { Browser, CDPSession, Page } from "playwright-core";
import { chromiumPath, noChromium, startBrowser } from "../test/support/chromium.ts";
import { positive } from "./arguments.ts";

interface Flags {
  seconds: number;
  virtual: number;
  json?: boolean;
}

interface Loading {
  readonly requests: number;
  /** As they came over the network, headers included. */
  readonly bytes: number;
  /** From the start of the navigation, ms: the first thing painted, and the first picture of the cluster. */
  readonly firstPaintMs: number;
  readonly pictureMs: number;
}

interface Playing {
  readonly framesPerSecond: number;
  /** Frames that came later than 1/30 s after the one before, in percent. */
  readonly latePercent: number;
  /** Tasks of the page's own thread of 50 ms and more. */
  readonly longTasks: number;
  /** Of the page's own thread for a frame, ms: scripts, styles and layout included. */
  readonly processorMs: number;
}

interface GoingBack {
  readonly events: number;
  /** ms, each until its picture was there, the longest last. */
  readonly stepsBack: readonly number[];
  readonly leapsBack: readonly number[];
  /** While all that went on, the longest time without a frame, ms. */
  readonly longestFrameMs: number;
}

const play = fileURLToPath(new URL("../../scripts/play.js", import.meta.url));

/** Serves the playground; resolves to its address. */
async function serve(): Promise<{ readonly process: ChildProcess; readonly address: string }> {
  const process_ = spawn(process.execPath, [play], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: process_.stdout })) {
    const address = /http:\S+/.exec(line)?.[0];
    if (address !== undefined) return { process: process_, address };
  }
  throw new Error("npm run play has ended by itself; what it said is above");
}

/** Notes in the page when the first picture is there, and the times of its frames. */
const watching = `
  const noted = (window.noted = { pictureMs: 0, frames: [], longTasks: 0 });
  new PerformanceObserver((list) => { noted.longTasks += list.getEntries().length; }).observe({ type: "longtask" });
  const frame = (time) => {
    noted.frames.push(time);
    const app = document.querySelector("terrarium-play");
    if (noted.pictureMs === 0 && app?.shadowRoot?.querySelector("terrarium-scene")?.shadowRoot?.querySelector(".server"))
      noted.pictureMs = performance.now();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.app = () => document.querySelector("terrarium-play");
  window.when = async (isSo) => {
    while (!isSo(window.app())) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  window.took = async (act, isSo) => {
    const from = performance.now();
    act(window.app());
    await window.when(isSo);
    return performance.now() - from;
  };`;

async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(watching);
  return page;
}

async function loading(browser: Browser, address: string): Promise<Loading> {
  const page = await newPage(browser);
  await page.goto(address);
  await page.evaluate("when(() => noted.pictureMs > 0)");
  const [firstPaintMs, pictureMs] = await page.evaluate<[number, number]>(
    '[performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0, noted.pictureMs]',
  );
  // The worker's code is loaded too, which the network's own count leaves out.
  const sizes = await page.evaluate<readonly number[]>(
    '["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type).map((one) => one.transferSize))',
  );
  await page.context().close();
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { requests: sizes.length, bytes, firstPaintMs, pictureMs };
}

/** Time that the page's thread has worked so far, ms. */
async function workedMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1_000;
}

async function playing(browser: Browser, address: string, seconds: number): Promise<Playing> {
  const page = await newPage(browser);
  await page.goto(address);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.evaluate("when((app) => app.run?.isComplete)");
  await page.evaluate("took((app) => app.seek(2_000_000), (app) => app.moment.us === 2_000_000)");
  await page.evaluate("app().setSpeed(1); app().playOrPause(); noted.frames.length = 0; noted.longTasks = 0;");
  const before = await workedMs(session);
  await page.waitForTimeout(seconds * 1_000);
  const after = await workedMs(session);
  const { frames, longTasks } = await page.evaluate<{ frames: readonly number[]; longTasks: number }>("noted");
  await page.context().close();
  const deltas = frames.slice(1).map((time, i) => time - (frames[i] ?? 0));
  return {
    framesPerSecond: (deltas.length / deltas.reduce((sum, delta) => sum + delta, 0)) * 1_000,
    latePercent: (deltas.filter((delta) => delta > 1_000 / 30).length / deltas.length) * 100,
    longTasks,
    processorMs: (after - before) / frames.length,
  };
}

async function goingBack(browser: Browser, address: string, virtualSeconds: number): Promise<GoingBack> {
  const page = await newPage(browser);
  await page.goto(address);
  await page.evaluate("when((app) => app.run !== undefined)");
  await page.evaluate(`{
    const { plan } = app().loaded;
    app().open({ kind: "plan", plan: { ...plan, config: { ...plan.config, horizonMs: ${virtualSeconds * 1_000} } } });
  }`);
  await page.evaluate("when((app) => app.run?.isComplete)");
  const endUs = virtualSeconds * 1_000_000;
  const leap = (us: number) =>
    page.evaluate<number>(`took((app) => app.seek(${us}), (app) => app.moment.us === ${us})`);
  await leap(endUs);
  const events = await page.evaluate<number>("app().moment.events");
  // Whoever looks at a moment before going on gives it time to prepare.
  await page.waitForTimeout(3_000);
  await page.evaluate("noted.frames.length = 0");
  const stepsBack: number[] = [];
  for (let i = 0; i < 30; i++)
    stepsBack.push(
      await page.evaluate<number>(
        "{ const { events } = app().moment; took((app) => app.step('event', true), (app) => app.moment.events < events); }",
      ),
    );
  const leapsBack: number[] = [];
  for (const share of [0.9, 0.75, 0.6, 0.5, 0.35, 0.2]) leapsBack.push(await leap(endUs * share));
  const longestFrameMs = await page.evaluate<number>(
    "noted.frames.reduce((most, time, i) => Math.max(most, time - (noted.frames[i - 1] ?? time)), 0)",
  );
  await page.context().close();
  const sorted = (times: readonly number[]) => [...times].sort((a, b) => a - b);
  return { events, stepsBack: sorted(stepsBack), leapsBack: sorted(leapsBack), longestFrameMs };
}

function report({ load, play: played, back }: { load: Loading; play: Playing; back: GoingBack }, flags: Flags): void {
  const middle = (sorted: readonly number[]) => (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(0);
  const last = (sorted: readonly number[]) => (sorted.at(-1) ?? Number.NaN).toFixed(0);
  console.log(`loading        ${load.requests} requests, ${(load.bytes / 1000).toFixed(0)} kB`);
  console.log(
    `first seen     something after ${load.firstPaintMs.toFixed(0)} ms, the cluster after ${load.pictureMs.toFixed(0)} ms`,
  );
  console.log(
    `at speed 1     ${played.framesPerSecond.toFixed(1)} frames a second, ${played.latePercent.toFixed(1)} % late, ${played.longTasks} tasks over 50 ms; ${played.processorMs.toFixed(2)} ms of processor time a frame`,
  );
  console.log(
    `going back     in ${flags.virtual} virtual s, ${back.events} events: a step ${middle(back.stepsBack)} ms, at most ${last(back.stepsBack)} ms; a leap ${middle(back.leapsBack)} ms, at most ${last(back.leapsBack)} ms; no frame for ${back.longestFrameMs.toFixed(0)} ms at most`,
  );
}

async function main(): Promise<void> {
  const flags = new Command("bench:play")
    .option("--seconds <n>", "to play for", positive, 10)
    .option("--virtual <n>", "virtual seconds of the run in which one goes back", positive, 60)
    .option("--json", "print one JSON object")
    .parse()
    .opts<Flags>();
  if (chromiumPath === undefined) {
    console.error(`${noChromium}.`);
    process.exitCode = 2;
    return;
  }
  const [browser, server] = await Promise.all([startBrowser(), serve()]);
  try {
    const load = await loading(browser, server.address);
    const played = await playing(browser, server.address, flags.seconds);
    const back = await goingBack(browser, server.address, flags.virtual);
    if (flags.json === true) console.log(JSON.stringify({ ...flags, load, play: played, back }));
    else report({ load, play: played, back }, flags);
  } finally {
    await browser.close();
    server.process.kill();
    await once(server.process, "exit");
  }
}

await main();
