// Builds the browser's part: every folder of web/ with an index.html is a page of dist/web/, made of its page.ts. What pages
// share, and the simulator's worker, is in dist/web/assets/. All addresses are relative: any web server can host it. The
// playground is made once more as a page that is one file, which a plan can be put into (sim/cli/html.ts), and a scene that
// plays within any page is one module (web/scene/element.ts).

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { embedded } from "./embedded.js";
import { buildWorker } from "./worker.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a browser may have to load for one page, compressed, bytes. */
export const transferMax = 290_000;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "browser",
  // What static blocks, private methods and `light-dark` colours ask for: browsers since 2024.
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
  logLevel: "error",
  write: false,
};

/** Names of the pages: folders of web/ with an index.html. */
export function pageNames() {
  return readdirSync(`${root}web`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${root}web/${entry.name}/index.html`))
    .map(({ name }) => name)
    .sort();
}

/** Code of the pages, by output path; and by page the files that its HTML begins with. */
async function bundlePages(names, plugin) {
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: names.map((name) => ({ in: `web/${name}/page.ts`, out: name })),
    outdir: "assets",
    entryNames: "[name]-[hash]",
    chunkNames: "shared-[hash]",
    splitting: true,
    format: "esm",
    minify: true,
    metafile: true,
    // Styles go into the components that they are for: the pages' policy allows no others.
    loader: { ".css": "text" },
    plugins: [plugin],
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf("assets/")), contents]));
  const entries = new Map();
  for (const [path, { entryPoint, imports }] of Object.entries(metafile.outputs)) {
    if (entryPoint === undefined) continue;
    const chunks = imports.filter(({ kind }) => kind === "import-statement").map((chunk) => chunk.path);
    entries.set(entryPoint.split("/")[1], { script: path, chunks });
  }
  return { files, entries };
}

/** A name that changes with the content. */
function hashOf(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 8);
}

function compressedSize(parts) {
  return parts.reduce((sum, part) => sum + gzipSync(part, { level: 9 }).length, 0);
}

function checkSize(name, parts) {
  const size = compressedSize(parts);
  if (size > transferMax)
    throw new Error(`the page ${name} takes ${size} bytes compressed, more than ${transferMax}: see what it imports`);
}

/** Code as it may stand within a script element. */
function inScript(text) {
  return text.replaceAll("</", "<\\/").replaceAll("<!--", "<\\!--");
}

/** The playground in one file. `%plan%` stands where a plan's JSON goes. */
async function oneFile(worker) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ["web/play/page.ts"],
    format: "iife",
    minify: true,
    plugins: [embedded(root, { bugs: worker.bugs, workerText: worker.code })],
  });
  const scripts = [
    '<script type="application/json" id="plan">%plan%</script>',
    `<script type="module">${inScript(outputFiles[0].text)}</script>`,
  ];
  return readFileSync(`${root}web/play/index.html`, "utf8")
    .replace('<link rel="icon" href="../assets/icon.svg">', "")
    .replace("<!-- chunks -->", "")
    .replace('<script type="module" src="%script%"></script>', () => scripts.join("\n    "));
}

/** `<terrarium-scene>` for any page, in one file with the simulator inside: see web/scene/element.ts. */
async function sceneElement(worker) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ["web/scene/element.ts"],
    format: "esm",
    minify: true,
    plugins: [embedded(root, { bugs: [], workerText: worker.code })],
  });
  return outputFiles[0].text;
}

/** Builds everything into `folder`. Throws when a page has become too large to load. */
export async function buildWeb(folder) {
  const names = pageNames();
  const worker = await buildWorker(root, common);
  const workerPath = `assets/simulator-${hashOf(worker.code)}.js`;
  const plugin = embedded(root, { bugs: worker.bugs, workerAddress: `../${workerPath}` });
  const { files, entries } = await bundlePages(names, plugin);
  const icon = readFileSync(`${root}web/icon.svg`);
  const iconPath = `assets/icon-${hashOf(icon)}.svg`;
  files.set(iconPath, icon);
  files.set(workerPath, Buffer.from(worker.code));
  mkdirSync(`${folder}/assets`, { recursive: true });
  for (const [path, contents] of files) writeFileSync(`${folder}/${path}`, contents);
  for (const name of names) {
    const { script, chunks } = entries.get(name);
    const html = readFileSync(`${root}web/${name}/index.html`, "utf8")
      .replace("<!-- chunks -->", chunks.map((path) => `<link rel="modulepreload" href="../${path}">`).join(""))
      .replace("../assets/icon.svg", `../${iconPath}`)
      .replace("%script%", `../${script}`);
    mkdirSync(`${folder}/${name}`, { recursive: true });
    writeFileSync(`${folder}/${name}/index.html`, html);
    const code = [script, ...chunks, ...(name === "play" ? [workerPath] : [])].map((path) => files.get(path));
    checkSize(name, [html, ...code]);
  }
  const single = await oneFile(worker);
  checkSize("in one file", [single]);
  writeFileSync(`${folder}/play/one-file.html`, single);
  const element = await sceneElement(worker);
  checkSize("with a scene", [element]);
  mkdirSync(`${folder}/scene`, { recursive: true });
  writeFileSync(`${folder}/scene/terrarium-scene.js`, element);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildWeb(process.argv[2] ?? `${root}dist/web`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
