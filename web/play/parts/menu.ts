/** What to play, and how to hand it on. */
import { html, type TemplateResult } from "lit";
import { goals } from "../run/goals.ts";
import { allScenes } from "../scenes.ts";
import type { App } from "../state.ts";

export function menu(app: App): TemplateResult {
  const { source } = app.loaded;
  const value =
    app.loaded.isChanged || source.kind === "plan"
      ? "own"
      : source.kind === "scene"
        ? `scene:${source.name}`
        : source.kind === "goal"
          ? `goal:${source.id}`
          : "seed";
  const choose = (event: Event) => {
    const [kind = "", id = ""] = (event.target as HTMLSelectElement).value.split(":");
    if (kind === "scene") app.open({ kind: "scene", name: id });
    else if (kind === "goal") app.open({ kind: "goal", id });
    else if (kind === "seed") app.open({ kind: "seed", seed: Math.floor(Math.random() * 1_000_000) });
  };
  const option = (own: string, text: string) => html`<option value=${own} ?selected=${own === value}>${text}</option>`;
  const chosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file !== undefined) app.openFile(file);
    input.value = "";
  };
  return html`<header>
    <h1>Terrarium <span>playground</span></h1>
    <label class="what"><span class="sr">What to play</span>
      <select @change=${choose} .value=${value}>
        <optgroup label="Try it">
          ${option("goal:", "A quiet cluster of five")}
          ${goals.map(({ id, title }) => option(`goal:${id}`, title))}
        </optgroup>
        <optgroup label="From the paper">
          ${allScenes.map(({ name, title }) => option(`scene:${name}`, title))}
        </optgroup>
        <optgroup label="Drawn">${option("seed", source.kind === "seed" && value === "seed" ? `The run of seed ${source.seed}` : "The run of some seed")}</optgroup>
        ${value === "own" ? option("own", app.loaded.isChanged ? "Your own run" : "The plan that was opened") : ""}
      </select>
    </label>
    <div class="share" role="group" aria-label="Share">
      <button @click=${app.copyLink}>Copy link</button>
      <button @click=${app.copyPlan}>Copy plan</button>
      <label class="button">Open a plan<input type="file" accept=".json,application/json" class="sr" @change=${chosen}></label>
    </div>
  </header>`;
}
