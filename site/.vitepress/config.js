// The site of docs/: book, reference and playground. Nothing is imported from VitePress here, so that this file can be read
// from where it is whatever is installed.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorOf } from "../../scripts/docs/links.js";

const docs = fileURLToPath(new URL("../../docs", import.meta.url));
/** The same by the link that scripts/site.js makes: VitePress takes pages from within its own package. */
const linked = fileURLToPath(new URL("../docs", import.meta.url));

// Any web server can host it, below any path, with DOCS_BASE=/path/.
const base = process.env.DOCS_BASE ?? "/";

/** Five servers in a ring, one of which leads. */
const icon = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 20 20"><g fill="#fff" stroke="#2f7d4f" stroke-width="1.6">${[
    0, 1, 2, 3, 4,
  ]
    .map((i) => (i * 2 * Math.PI) / 5)
    .map((angle, i) => {
      const [x, y] = [6.5 * Math.sin(angle), -6.5 * Math.cos(angle)].map((n) => n.toFixed(1));
      return `<circle cx="${x}" cy="${y}" r="2.6"${i === 0 ? ' fill="#2f7d4f"' : ""}/>`;
    })
    .join("")}</g></svg>`,
)}`;

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
    const page = (env.path ?? "").startsWith(linked) ? join(docs, relative(linked, env.path)) : join(docs, "x.md");
    for (const token of tokens) {
      // What a shell prints is in no language.
      if (token.type === "fence" && token.info === "console") token.info = "text";
      // A scene links to the playground, which is where the site is.
      if (token.type === "html_block")
        token.content = token.content.replace("<terrarium-scene ", `$&playground="${base}play/index.html" `);
      const { children } = token;
      const open = [];
      for (const part of children ?? []) {
        if (part.type === "link_open") {
          const href = part.attrGet("href") ?? "";
          const file = href.split("#")[0] ?? "";
          const target = resolve(dirname(page), file);
          const leads = /^[a-z]+:/.test(href) || file === "" || isPage(target);
          open.push(leads);
          if (leads) part.attrSet("href", href.replace(/(^|\/)README\.md(?=#|$)/, "$1index.md"));
          else Object.assign(part, { tag: "span", attrs: [["title", relative(dirname(docs), target)]] });
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
  base,
  head: [["link", { rel: "icon", href: icon }]],
  cleanUrls: false,
  lastUpdated: false,
  rewrites: { "README.md": "index.md", "tutorial/README.md": "tutorial/index.md" },
  markdown: {
    config: keepInside,
    // As on a code host, and as docs:check has them.
    anchor: { slugify: anchorOf },
    theme: { light: "github-light", dark: "github-dark" },
    languageAlias: { console: "txt" },
  },
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === "terrarium-scene" } } },
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
          { text: "Labs", link: "/labs" },
          { text: "The open league", link: "/open-league" },
        ],
      },
      { text: "Reference", items: pagesOf("reference", /\.md$/) },
      {
        text: "Running it",
        items: ["operations", "zookeeper", "backup", "damage", "performance"].map((name) => ({
          text: titleOf(`${name}.md`),
          link: `/${name}`,
        })),
      },
      {
        text: "How it is made",
        items: [
          "paper-map",
          "simulator",
          "playground",
          "invariants",
          "mutants",
          "divergences",
          "protocol",
          "bugs-found",
        ].map((name) => ({
          text: titleOf(`${name}.md`),
          link: `/${name}`,
        })),
      },
      { text: "Decisions", collapsed: true, items: pagesOf("decisions", /\.md$/) },
    ],
  },
};
