// The site of docs/: `npm run docs` serves it while pages are written, `npm run docs:build` writes dist/site/ for any web
// server. VitePress is a package of its own (site/), installed here when it is missing, so that nobody else has to.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const site = join(root, "site");

function run(program, args, cwd) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: "inherit" });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function installIfMissing() {
  const installed = join(site, "node_modules/.package-lock.json");
  const lock = join(site, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log("installing what the site needs (npm ci in site/) …");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], site);
}

/** VitePress takes pages from within its own package. */
function linkPages() {
  const link = join(site, "docs");
  if (!existsSync(link)) symlinkSync(join("..", "docs"), link, "dir");
}

/** What the build made for the browser goes beside the pages of the book: the playground, and the scenes that pages play. */
function takePlayground() {
  const target = join(site, "public");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const folder of ["play", "assets", "scene"])
    cpSync(join(root, "dist/web", folder), join(target, folder), { recursive: true });
}

const [mode] = process.argv.slice(2);
if (mode !== "dev" && mode !== "build" && mode !== "preview") {
  console.error("node scripts/site.js dev|build|preview");
  process.exit(2);
}
installIfMissing();
linkPages();
if (mode !== "preview") {
  run(process.execPath, [join(root, "scripts/build.js")], root);
  takePlayground();
}
const vitepress = join(site, "node_modules/vitepress/bin/vitepress.js");
run(process.execPath, [vitepress, mode, ...process.argv.slice(3)], site);
