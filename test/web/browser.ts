/** A real Chromium for the tests of pages, where there is one. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is; undefined where there is none, and the tests of pages are skipped. */
export const chromiumPath = places.find((path) => path !== undefined && path !== "" && existsSync(path));

if (chromiumPath === undefined)
  console.log(
    "No Chromium is installed (apt-get install chromium, or CHROMIUM=path): the tests of the pages are skipped.",
  );

/** Starts a browser with a profile of its own. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
