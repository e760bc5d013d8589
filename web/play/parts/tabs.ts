/** The tabs beside the picture, and what is in the one that is open. */
import { html, type nothing, type TemplateResult } from "lit";
import { type App, type Tab, tabs } from "../state.ts";
import { bugsPanel, promisesPanel, sourcePanel, storyPanel, treesPanel } from "./panels.ts";
import { scenePanel } from "./scene.ts";
import { selectedPanel } from "./selected.ts";

const names: Readonly<Record<Tab, string>> = {
  scene: "Scene",
  selected: "Do",
  story: "Story",
  promises: "Promises",
  source: "Source",
  trees: "Trees",
  bugs: "Bugs",
};

const panels: Readonly<Record<Tab, (app: App) => TemplateResult | typeof nothing>> = {
  scene: scenePanel,
  selected: selectedPanel,
  story: storyPanel,
  promises: promisesPanel,
  source: sourcePanel,
  trees: treesPanel,
  bugs: bugsPanel,
};

/** What is in the open tab. */
export function panelOf(app: App): TemplateResult | typeof nothing {
  return panels[app.tab](app);
}

/** The row of tabs; the arrow keys go from one to the next, and `focus` gives that one the keyboard. */
export function tabBar(app: App, focus: (tab: Tab) => void): TemplateResult {
  const move = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabs[(tabs.indexOf(app.tab) + by + tabs.length) % tabs.length] ?? "scene";
    app.show(next);
    focus(next);
  };
  const isAlarming = (tab: Tab): boolean => tab === "promises" && app.run?.failure !== undefined;
  return html`<div class="tabs" role="tablist" aria-label="More" @keydown=${move}>
    ${tabs.map(
      (tab) => html`<button role="tab" id="tab-${tab}" aria-controls="panel" aria-selected=${tab === app.tab}
        tabindex=${tab === app.tab ? 0 : -1} class=${isAlarming(tab) ? "alarm" : ""}
        @click=${() => app.show(tab)}>${names[tab]}</button>`,
    )}
  </div>`;
}
