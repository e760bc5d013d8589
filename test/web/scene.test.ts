/** `<terrarium-scene>` in a page that is nobody's: a module and a tag are all that it takes. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkScene } from "../../sim/scenes/scene.ts";
import { Simulation } from "../../sim/simulation.ts";
import { chromiumPath, errorsOf, type Pages, seriousFaults, startBrowser, startPages } from "./browser.ts";

const file = new URL("../../sim/scenes/figure-8.json", import.meta.url);
const figure8 = checkScene("figure-8", JSON.parse(readFileSync(file, "utf8")));

/** The moment at which so much virtual time has passed. */
function eventsAt(us: number): number {
  const simulation = new Simulation(figure8.plan);
  while (simulation.nextUs <= us) simulation.step();
  return simulation.events;
}

describe.skipIf(chromiumPath === undefined)("a scene in some page", () => {
  let browser: Browser;
  let pages: Pages;
  let hosts = 0;

  beforeAll(async () => {
    [browser, pages] = await Promise.all([startBrowser(), startPages()]);
  });

  afterAll(async () => {
    await browser?.close();
    pages?.end();
  });

  /** Opens a page with this in its body; only the element's one file is loaded beside it. */
  async function visit(body: string, action: (page: Page) => Promise<void>): Promise<void> {
    // A file that is served must not change.
    const name = `host-${++hosts}`;
    const head =
      '<meta charset="utf-8"><title>A chapter</title><link rel="icon" href="data:,"><script type="module" src="terrarium-scene.js"></script>';
    writeFileSync(
      `${pages.folder}/scene/${name}.html`,
      `<!doctype html><html lang="en"><head>${head}</head><body><main><h1>A chapter</h1>${body}</main></body></html>`,
    );
    const context = await browser.newContext({ viewport: { width: 900, height: 900 }, bypassCSP: true });
    try {
      const page = await context.newPage();
      const errors = errorsOf(page);
      await page.goto(new URL(`../scene/${name}.html`, pages.address).href);
      await action(page);
      expect(errors).toEqual([]);
    } finally {
      await context.close();
    }
  }

  const counted = (page: Page, events: number) => page.getByText(`#${events}`, { exact: true }).waitFor();

  it("plays: begins where it is told to, steps, goes anywhere, and comes to its end", async () => {
    const body = '<terrarium-scene scene="figure-8" at="2700" playground="/play/">a picture</terrarium-scene>';
    await visit(body, async (page) => {
      const events = eventsAt(2_700_000);
      await page.getByText("An entry of an old term, on a majority, is not committed").waitFor();
      await counted(page, events);
      // What stands inside is for where it does not play.
      expect(await page.locator("terrarium-scene slot").count()).toBe(0);
      await page.getByRole("button", { name: "One event on" }).click();
      await counted(page, events + 1);
      await page.getByRole("button", { name: "One event back" }).click();
      await counted(page, events);
      // What is pointed at is told; its story is in words.
      await page.getByRole("button", { name: /^Server n4:/ }).press("Enter");
      await page.getByText("committed", { exact: true }).waitFor();
      await page.getByText("follower t3 gives up: it has seen term 3").waitFor();
      expect(await page.getByRole("link", { name: "Go on in the playground" }).getAttribute("href")).toMatch(
        /^\/play\/#scene=figure-8&at=\d+$/,
      );
      expect(await seriousFaults(page)).toEqual([]);
      await page.getByLabel("Place in the run").fill("0");
      await counted(page, eventsAt(0));
      await page.getByLabel("speed").selectOption("100×");
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await page.getByText("It is over: the scene went as told.").waitFor();
    });
  });

  it("plays a plan by its address, and says what is wrong with one that cannot be played", async () => {
    writeFileSync(`${pages.folder}/scene/plan.json`, '{ "seed": 5, "config": { "horizonMs": 1000 } }');
    writeFileSync(`${pages.folder}/scene/bad.json`, '{ "seed": 5, "version": 9 }');
    const body =
      '<terrarium-scene src="plan.json"></terrarium-scene><terrarium-scene src="bad.json">instead</terrarium-scene>' +
      '<terrarium-scene scene="figure-99"></terrarium-scene><terrarium-scene></terrarium-scene>';
    await visit(body, async (page) => {
      await page.getByText("The run of seed 5").waitFor();
      await page.getByText("bad.json cannot be played: plan.version is 9").waitFor();
      expect(await page.locator("terrarium-scene slot").count()).toBe(3);
      await page.getByText("There is no scene figure-99: dead-leader, ").waitFor();
      await page.getByText("This element needs the attribute scene, or src.").waitFor();
    });
  });

  it("starts when it comes into sight, and ends when it goes from the page", async () => {
    const body = `${"<p>words</p>".repeat(200)}<terrarium-scene scene="dead-leader">later</terrarium-scene>`;
    await visit(body, async (page) => {
      await page.evaluate(() => customElements.whenDefined("terrarium-scene").then(() => {}));
      expect(page.workers()).toHaveLength(0);
      await page.locator("terrarium-scene").scrollIntoViewIfNeeded();
      await page.locator("terrarium-scene .server").first().waitFor();
      expect(page.workers()).toHaveLength(1);
      await page.evaluate(() => document.querySelector("terrarium-scene")?.remove());
      await expect.poll(() => page.workers().length).toBe(0);
    });
  });
});
