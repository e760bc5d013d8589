// The site of docs/: book, reference and playground. Nothing is imported from VitePress here, so that this file can be read
// from where it is whatever is installed.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const docs = fileURLToPath(new URL("../docs", import.meta.url));

/** The first heading of a page. */
function titleOf(path) {
  return /^# (.+)$/m.exec(readFileSync(join(docs, path), "utf8"))?.[1]?.replaceAll("`", "") ?? path;
}

/** Pages of a folder, by name, as items of the sidebar. */
function pagesOf(folder, pattern) {
  return readdirSync(join(docs, folder))
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => ({ text: titleOf(join(folder, name)), link: `/${join(folder, name.replace(/\.md$/, ""))}` }));
}

/**
 * What leads out of docs/, to the source, leads nowhere on the site: it becomes its words. Within docs/, README.md is a
 * folder's index.
 */
function keepInside(md) {
  md.core.ruler.push("keep-inside", ({ tokens, env }) => {
    for (const token of tokens) {
      // What a shell prints is in no language.
      if (token.type === "fence" && token.info === "console") token.info = "text";
      const { children } = token;
      const open = [];
      for (const part of children ?? []) {
        if (part.type === "link_open") {
          const href = part.attrGet("href") ?? "";
          const file = href.split("#")[0] ?? "";
          const target = resolve(dirname(env.path ?? join(docs, "x.md")), file);
          const leads = /^[a-z]+:/.test(href) || file === "" || isPage(target);
          open.push(leads);
          if (!leads) Object.assign(part, { tag: "span", attrs: [["title", relative(dirname(docs), target)]] });
        } else if (part.type === "link_close" && open.pop() === false) part.tag = "span";
      }
    }
  });
}

function isPage(target) {
  return target.startsWith(docs) && target.endsWith(".md") && existsSync(target);
}

export default {
  srcDir: "docs",
  outDir: "../dist/site",
  cacheDir: "./node_modules/.cache",
  title: "Terrarium",
  description: "A coordination store that you can see through",
  // Any web server can host it, below any path, with DOCS_BASE=/path/.
  base: process.env.DOCS_BASE ?? "/",
  cleanUrls: false,
  lastUpdated: false,
  rewrites: { "README.md": "index.md", "tutorial/README.md": "tutorial/index.md" },
  markdown: {
    config: keepInside,
    theme: { light: "github-light", dark: "github-dark" },
    languageAlias: { console: "txt" },
  },
  vite: {
    publicDir: fileURLToPath(new URL("../public", import.meta.url)),
    // Pages are compiled to modules that ask for Vue, and find it from where the link to docs/ is, not from docs/.
    resolve: { preserveSymlinks: true },
  },
  // Tables with many columns take the place of the outline.
  transformPageData: (page) => {
    if (/^(paper-map|mutants|invariants|divergences|bugs-found)\.md$/.test(page.relativePath))
      page.frontmatter.aside = false;
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "The course", link: "/tutorial/" },
      { text: "Reference", link: "/reference/kvctl" },
      { text: "Paper map", link: "/paper-map" },
      { text: "Playground", link: "/play/index.html", target: "_self" },
    ],
    sidebar: [
      {
        text: "The course",
        items: [
          { text: "Contents", link: "/tutorial/" },
          ...pagesOf("tutorial", /^\d\d-.*\.md$/),
          { text: "Four journeys", link: "/tutorial/journeys" },
          { text: "Glossary", link: "/tutorial/glossary" },
        ],
      },
      { text: "Reference", items: pagesOf("reference", /\.md$/) },
      {
        text: "Running it",
        items: ["operations", "backup", "damage"].map((name) => ({ text: titleOf(`${name}.md`), link: `/${name}` })),
      },
      {
        text: "How it is made",
        items: ["paper-map", "simulator", "invariants", "mutants", "divergences", "protocol", "bugs-found"].map(
          (name) => ({
            text: titleOf(`${name}.md`),
            link: `/${name}`,
          }),
        ),
      },
      { text: "Decisions", collapsed: true, items: pagesOf("decisions", /\.md$/) },
    ],
  },
};
