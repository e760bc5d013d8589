/** The story, the promises, the rule at work, the trees, and the bugs that can be planted. */
import { bugs } from "virtual:bugs";
import { rules } from "virtual:rules";
import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { promiseOf, promises } from "../../../sim/promises.ts";
import { shown } from "../../picture/shown.ts";
import { termClass } from "../../picture/styles.ts";
import type { Line } from "../run/protocol.ts";
import type { App } from "../state.ts";

/** Lines of the story around now that are shown. */
const linesBefore = 60;
const linesAfter = 12;

export function storyPanel(app: App): TemplateResult {
  const { lines, moment } = app;
  const steps = moment?.steps ?? 0;
  const next = lines.findIndex((line) => line.steps > steps);
  const at = next < 0 ? lines.length : next;
  const from = Math.max(0, at - linesBefore);
  return html`<h2>Story</h2>
    ${guard(
      [at, lines],
      () => html`<ol class="story">
      ${from > 0 ? html`<li class="small">… ${from} lines before</li>` : nothing}
      ${lines.slice(from, at + linesAfter).map((line, i) => storyLine(app, line, from + i === at - 1, from + i >= at))}
    </ol>`,
    )}`;
}

function storyLine(app: App, line: Line, isNow: boolean, isAhead: boolean): TemplateResult {
  const classes = [line.isTurning ? "turning" : "", isAhead ? "ahead" : "", isNow ? "now" : ""].join(" ");
  return html`<li class=${classes} aria-current=${isNow ? "step" : "false"}>
    <button class="link" @click=${() => app.seek(line.us)} title="Go there">${(line.us / 1000).toFixed(1)}</button>
    <span class="who">${line.who}</span>
    <span>${line.role === "" ? nothing : html`<i>${line.role}</i> `}${shown(line.text, 240)}${line.log === "" ? nothing : html` <code>${line.log}</code>`}</span>
  </li>`;
}

export function promisesPanel({ run, moment, seek }: App): TemplateResult {
  const { failure } = run ?? {};
  const isBroken = failure !== undefined && (moment?.isBroken ?? false);
  return html`<h2>Promises</h2>
    ${
      failure === undefined
        ? html`<p class="small">${run?.isComplete === true ? "All of them hold, to the end of the run." : "All of them hold so far; the run is looked at ahead of what is shown."}</p>`
        : html`<div class="broken" role="status">
          <p><b>${failure.invariant}</b> breaks at <button class="link" @click=${() => seek(failure.us)}>${(failure.us / 1000).toFixed(3)} ms</button>.</p>
          <p>Promised: ${promiseOf(failure.invariant).sentence}</p>
          <p>Happened: ${shown(failure.message, 600)}</p>
        </div>`
    }
    <ul class="promises">
      ${promises.map((promise) => {
        const broke = isBroken && failure?.invariant === promise.invariant;
        return html`<li class=${broke ? "bad" : ""}>
          <span class="state" aria-hidden="true">${broke ? "✗" : "✓"}</span>
          <div><b>${promise.invariant}</b><span class="sr">: ${broke ? "broken" : "holds"}</span> <span class="paper">${promise.from}</span>
            <p>${promise.sentence}</p></div>
        </li>`;
      })}
    </ul>`;
}

export function sourcePanel({ moment, bug }: App): TemplateResult {
  const rule = moment === undefined ? undefined : rules[moment.rule];
  if (rule === undefined)
    return html`<h2>Source</h2><p class="small">Step to an event: beside it stands the rule that handled it, as it is in the repository.</p>`;
  const lines = rule.text.split("\n");
  return html`<h2>${rule.symbol.replace("#", "")}</h2>
    <p class="small">${shown(moment?.told ?? "")}</p>
    <p class="paper">${rule.file}, lines ${rule.from} to ${rule.to}${rule.paper === "" ? "" : ` · ${rule.paper}`}</p>
    ${bug?.file === rule.file ? html`<p class="verdict bad">The bug ${bug.id} is planted in this file.</p>` : nothing}
    <pre class="code" tabindex="0" aria-label="Source of ${rule.symbol}">${lines.map(
      (line, i) => html`<span class="line"><span class="number">${rule.from + i}</span>${line}
</span>`,
    )}</pre>`;
}

export function treesPanel({ moment }: App): TemplateResult {
  const rows = moment?.details.trees ?? [];
  const servers = moment?.picture.servers ?? [];
  if (rows.length === 0) return html`<h2>Trees</h2><p class="small">No server has a znode yet.</p>`;
  return html`<h2>Trees</h2>
    <p class="small">Each server's own state: data and version. Rows in which servers differ are marked.</p>
    <div class="wide" tabindex="0" role="region" aria-label="Trees of the servers"><table class="trees">
      <thead><tr><th scope="col">path</th>${servers.map(({ id, term }) => html`<th scope="col" class=${termClass(term)}>n${id}</th>`)}</tr></thead>
      <tbody>${rows.map(
        ({ path, cells, differs }) => html`<tr class=${differs ? "differs" : ""}>
          <th scope="row">${shown(path, 60)}</th>
          ${cells.map((cell) => html`<td>${cell === undefined ? "down" : cell === "" ? "–" : shown(cell, 60)}</td>`)}
        </tr>`,
      )}</tbody>
    </table></div>
    ${moment?.details.treesCut === true ? html`<p class="small">There are more znodes than are shown.</p>` : nothing}`;
}

export function bugsPanel(app: App): TemplateResult {
  const { bug, hunt } = app;
  const choose = (event: Event) => {
    const { value } = event.target as HTMLSelectElement;
    app.plant(bugs.find(({ id }) => id === value));
  };
  return html`<h2>Plant a bug</h2>
    <p class="small">Each is a real bug of some implementation: a small change of one file, made while the simulator is loaded.</p>
    <div class="plant">
      <select aria-label="Bug" @change=${choose}>
        <option value="" ?selected=${bug === undefined}>none: the code as it is</option>
        ${bugs.map(({ id, title }) => html`<option value=${id} ?selected=${id === bug?.id}>${id}: ${title}</option>`)}
      </select>
    </div>
    ${
      bug === undefined
        ? nothing
        : html`<p>${bug.lesson}</p>
        <p class="paper">${bug.file} · seen in ${bug.source} · may break ${bug.expects.join(", ")}</p>
        <pre class="code diff"><del>${bug.find}</del>
<ins>${bug.replace === "" ? "(nothing)" : bug.replace}</ins></pre>`
    }
    <div class="doing">
      ${
        hunt === undefined || hunt.state === "found"
          ? html`<button @click=${app.startHunt}>Hunt for a seed that breaks a promise</button>`
          : html`<button @click=${app.endHunt}>Stop hunting</button>`
      }
    </div>
    <p role="status">${huntText(app)}</p>`;
}

function huntText({ hunt, bug }: App): string {
  if (hunt === undefined)
    return bug === undefined ? "Without a bug, a hunt that finds something has found a real one." : "";
  const runs = `${hunt.runs} ${hunt.runs === 1 ? "run" : "runs"}`;
  if (hunt.state === "hunting") return `${runs}, none has broken a promise yet (seed ${hunt.seed}).`;
  if (hunt.state === "shrinking")
    return `Seed ${hunt.seed} breaks ${hunt.invariant ?? "a promise"}; making its plan small: ${hunt.items} faults and operations left.`;
  return `Seed ${hunt.seed} breaks ${hunt.invariant ?? "a promise"}, after ${runs}. Its plan, made small to ${hunt.items} faults and operations, is opened.`;
}
