/** What the scene is about, what one may try, and what came of it. */
import { html, nothing, type TemplateResult } from "lit";
import { count } from "../../../sim/report/tell-events.ts";
import { shown } from "../../picture/shown.ts";
import type { App } from "../state.ts";

export function scenePanel(app: App): TemplateResult {
  const { loaded, run } = app;
  const { scene, goal, title, plan, isChanged } = loaded;
  const { servers, spares, clients, horizonMs } = plan.config;
  return html`<h2>${title}</h2>
    ${scene === undefined ? nothing : html`<p class="paper">${scene.paper}</p><p>${scene.look}</p>`}
    ${goal === undefined ? nothing : html`<p class="paper">${goal.paper}</p><p>${goal.hint}</p>`}
    ${scene === undefined && goal === undefined ? html`<p>Crash a server, cut a link, drop a message: select anything in the picture. Whatever you do becomes part of the plan.</p>` : nothing}
    ${goalState(app)}
    ${run?.verdict === undefined || isChanged ? nothing : html`<p class="verdict ${run.verdict.holds ? "good" : "bad"}">Verdict: ${shown(run.verdict.text)}.</p>`}
    ${run?.failure === undefined ? nothing : html`<p class="verdict bad">A promise breaks at ${(run.failure.us / 1000).toFixed(1)} ms: <button class="link" @click=${() => app.show("promises")}>${run.failure.invariant}</button>.</p>`}
    ${run === undefined || run.cut === "" ? nothing : html`<p class="verdict bad">Not looked at to its end: ${run.cut}.</p>`}
    <p class="small">${count(servers, "server")}${spares > 0 ? ` and ${spares} spare` : ""}, ${count(clients, "client")}, ${count(plan.faults.length, "fault")} planned,
      seed ${plan.seed}; faults may strike for ${horizonMs / 1000} virtual seconds, then the cluster has to recover.</p>
    <h3>Keys</h3>
    <p class="small"><kbd>space</kbd> plays and pauses · <kbd>←</kbd> <kbd>→</kbd> go an event back and on ·
      with <kbd>Shift</kbd>, to what matters · <kbd>+</kbd> <kbd>−</kbd> change the speed · drag a line through the ring to part it.</p>`;
}

function goalState({ loaded: { goal }, run }: App): TemplateResult | typeof nothing {
  if (goal === undefined) return nothing;
  const { reached } = run ?? {};
  return reached === undefined
    ? html`<p class="verdict">Not there yet.</p>`
    : html`<p class="verdict good">Done, at ${(reached.us / 1000).toFixed(1)} ms: ${shown(reached.what)}.</p>`;
}
