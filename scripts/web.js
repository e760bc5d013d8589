// Builds the browser's part: every folder of web/ with an index.html is a page of dist/web/, made of its page.ts and, where
// it has one, a worker.ts. What pages share is in dist/web/assets/. All addresses are relative: any web server can host it.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a browser may have to load for one page, compressed, bytes. */
export const transferMax = 250_000;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "browser",
  // Also what the code's static blocks, private methods and `light-dark` colours ask for: browsers since 2024.
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

/** Code of the pages, by output path below assets/; and by page the files that its HTML begins with. */
async function bundlePages(names) {
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

/** What a browser gets to see of a page at its first paint and until it is complete. */
function transferred(parts) {
  return parts.reduce((sum, part) => sum + gzipSync(part, { level: 9 }).length, 0);
}

/** Builds everything into `folder`. Throws when a page has become too large to load. */
export async function buildWeb(folder) {
  const names = pageNames();
  if (names.length === 0) return;
  const { files, entries } = await bundlePages(names);
  mkdirSync(`${folder}/assets`, { recursive: true });
  for (const [path, contents] of files) writeFileSync(`${folder}/${path}`, contents);
  for (const name of names) {
    const { script, chunks } = entries.get(name);
    const html = readFileSync(`${root}web/${name}/index.html`, "utf8")
      .replace("<!-- chunks -->", chunks.map((path) => `<link rel="modulepreload" href="../${path}">`).join(""))
      .replace("%script%", `../${script}`);
    mkdirSync(`${folder}/${name}`, { recursive: true });
    writeFileSync(`${folder}/${name}/index.html`, html);
    const size = transferred([html, files.get(script), ...chunks.map((path) => files.get(path))]);
    if (size > transferMax)
      throw new Error(`the page ${name} takes ${size} bytes compressed, more than ${transferMax}: see what it imports`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildWeb(process.argv[2] ?? `${root}dist/web`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
