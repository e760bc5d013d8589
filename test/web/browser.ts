/** A real Chromium for the tests of pages, where there is one; and the pages, built and served. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { pageServer } from "../../scripts/play.js";
import { buildWeb } from "../../scripts/web/build.js";
import { chromiumPath, noChromium, startBrowser } from "../support/chromium.ts";

export { chromiumPath, startBrowser };

if (chromiumPath === undefined) console.log(`${noChromium}: the tests of the pages are skipped.`);

/** The pages on a free port. */
export interface Pages {
  /** Of the playground, with a slash at its end. */
  readonly address: string;
  /** Where the pages are on disk. */
  readonly folder: string;
  readonly end: () => void;
}

/** Builds the pages into a folder of their own and serves them. */
export async function startPages(): Promise<Pages> {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-web-"));
  await buildWeb(folder);
  const server: Server = pageServer(`${folder}/`);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/play/`,
    folder,
    end: () => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a page said on its console of errors, and threw. */
export function errorsOf(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  return errors;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Faults of accessibility that are serious or worse, as axe finds them: in the whole page, or within the part that these
 * selectors lead to, one for each shadow root. The page's policy must be passed over for it.
 */
export async function seriousFaults(page: Page, within?: readonly string[]): Promise<readonly string[]> {
  if (!(await page.evaluate(() => Reflect.has(window, "axe")))) await page.evaluate(axeSource);
  return await page.evaluate(async (path) => {
    const { violations } = await (
      Reflect.get(window, "axe") as {
        run: (
          context: unknown,
          options: unknown,
        ) => Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      }
    ).run(path === undefined ? document : { fromShadowDom: path }, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  }, within);
}
