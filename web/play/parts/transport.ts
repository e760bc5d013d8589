/** Time: play, pause, steps, speed, and the line on which one goes anywhere. */
import { html, nothing, svg, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { shown } from "../../picture/shown.ts";
import { icon } from "../icons.ts";
import { speedName, speeds } from "../playback.ts";
import type { Timed } from "../state.ts";

/** Positions on the line. */
const positions = 2_000;

/** Marks of turning points that are drawn. */
const marksMax = 400;

function timeText(us: number): string {
  const ms = us / 1000;
  return ms >= 10_000 ? `${(ms / 1000).toFixed(3)} s` : `${ms.toFixed(3)} ms`;
}

export function transport(app: Timed): TemplateResult {
  const { isPlaying, speed, moment } = app;
  const choose = (event: Event) => {
    const index = Number((event.target as HTMLSelectElement).value);
    app.setSpeed(speeds[index] ?? "auto");
  };
  return html`<div class="transport" role="group" aria-label="Time">
    <div class="buttons">
      <button @click=${() => app.step("interesting", true)} aria-label="Back to the last thing that mattered" title="Back to the last thing that mattered (Shift ←)">${icon("previousLine")}</button>
      <button @click=${() => app.step("event", true)} aria-label="One event back" title="One event back (←)">${icon("previous")}</button>
      <button class="play" @click=${app.playOrPause} aria-label=${isPlaying ? "Pause" : "Play"} title="Play or pause (space)">${icon(isPlaying ? "pause" : "play")}</button>
      <button @click=${() => app.step("event", false)} aria-label="One event on" title="One event on (→)">${icon("next")}</button>
      <button @click=${() => app.step("interesting", false)} aria-label="On to the next thing that matters" title="On to the next thing that matters (Shift →)">${icon("nextLine")}</button>
      <label class="speed">speed
        <select aria-label="speed" @change=${choose}>
          ${speeds.map((one, i) => html`<option value=${i} ?selected=${one === speed}>${speedName(one)}</option>`)}
        </select>
      </label>
      <output class="clock" aria-label="Virtual time">${timeText(moment?.us ?? 0)}</output>
    </div>
    ${timeline(app)}
    <p class="told"><b>#${moment?.events ?? 0}</b> ${moment === undefined ? "" : shown(moment.told)}</p>
  </div>`;
}

function timeline(app: Timed): TemplateResult {
  const { run, moment, lines } = app;
  const endUs = Math.max(1, run?.endUs ?? 1, moment?.us ?? 0);
  const position = Math.round(((moment?.us ?? 0) / endUs) * positions);
  const seek = (event: Event) => app.seek((Number((event.target as HTMLInputElement).value) / positions) * endUs);
  return html`<div class="timeline">
    ${guard([lines.length, run?.endUs, run?.failure], () => marks(app, endUs))}
    <input type="range" min="0" max=${positions} .value=${String(position)} @input=${seek}
      aria-label="Place in the run" aria-valuetext=${timeText(moment?.us ?? 0)}>
    <span class="end">${run?.isComplete === true ? timeText(run.endUs) : "looking ahead …"}</span>
  </div>`;
}

function marks({ lines, run }: Timed, endUs: number): TemplateResult {
  const turning = lines.filter(({ isTurning }) => isTurning);
  const every = Math.max(1, Math.ceil(turning.length / marksMax));
  const at = (us: number) => `${((us / endUs) * 100).toFixed(2)}%`;
  return html`<svg class="marks" aria-hidden="true">
    ${turning.map((line, i) => (i % every === 0 ? svg`<line class="mark" x1=${at(line.us)} x2=${at(line.us)} y1="3" y2="13"></line>` : nothing))}
    ${run?.failure === undefined ? nothing : svg`<line class="mark broken" x1=${at(run.failure.us)} x2=${at(run.failure.us)} y1="0" y2="16"></line>`}
  </svg>`;
}
