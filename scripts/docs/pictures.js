// Takes the pictures of scenes that stand in the pages of docs/ (scenes.js), with the element that plays them on the site,
// in a Chromium: `npm run docs:pictures`, or those of some scenes with their names behind it.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, isStale } from "../build.js";
import { pageServer } from "../play.js";
import { pictureOf, scenesOf } from "./scenes.js";

const docs = fileURLToPath(new URL("../../docs", import.meta.url));
const pages = fileURLToPath(new URL("../../dist/web/", import.meta.url));

/** CSS pixels: as wide as the text of a page. */
const width = 780;

function wanted(names) {
  const all = readdirSync(docs, { recursive: true })
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => scenesOf(readFileSync(join(docs, name), "utf8")));
  const byPicture = new Map(all.map((scene) => [pictureOf(scene), scene]));
  return [...byPicture].filter(([, { scene }]) => names.length === 0 || names.includes(scene));
}

/** A page that is the same in two pictures, one behind the other, has come to rest. */
async function atRest(element, page) {
  let before = "";
  for (;;) {
    const picture = await element.screenshot({ animations: "disabled" });
    const text = picture.toString("base64");
    if (text === before) return picture;
    before = text;
    await page.waitForTimeout(400);
  }
}

async function take(browser, origin, { scene, at }) {
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    deviceScaleFactor: 1,
    colorScheme: "light",
  });
  try {
    const body = `<!doctype html><meta charset="utf-8"><style>body { margin: 0; font-family: system-ui, sans-serif }</style>
<script type="module" src="/scene/terrarium-scene.js"></script>
<terrarium-scene scene="${scene}" at="${at}"></terrarium-scene>`;
    const host = `${origin}/scene/host.html`;
    await page.route(host, (route) => route.fulfill({ body, contentType: "text/html" }));
    await page.goto(host);
    const element = page.locator("terrarium-scene");
    await element.locator("ol.story li").first().waitFor();
    // It is at rest from its beginning on, until it has gone to where it is to be.
    await page.waitForTimeout(1500);
    return await atRest(element, page);
  } finally {
    await page.close();
  }
}

if (isStale()) await build();
const server = pageServer(pages);
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = places.find((path) => path !== undefined && path !== "" && existsSync(path));
if (executablePath === undefined) {
  console.error("No Chromium is installed: apt-get install chromium, or say where it is with CHROMIUM=path.");
  process.exit(1);
}
const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
try {
  for (const [picture, scene] of wanted(process.argv.slice(2))) {
    const bytes = await take(browser, `http://127.0.0.1:${server.address().port}`, scene);
    mkdirSync(dirname(join(docs, picture)), { recursive: true });
    writeFileSync(join(docs, picture), bytes);
    console.log(`docs/${picture}: ${Math.round(bytes.length / 1024)} KiB`);
  }
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
}
