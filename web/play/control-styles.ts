/** How buttons, the line of time and short texts look, wherever a run is played. */
import { css } from "lit";

export const controlStyles = css`
  button, select, input, .button {
    font: inherit; font-size: 0.87rem; color: inherit; background: var(--surface); border: 1px solid var(--faint);
    border-radius: 7px; padding: 0.28rem 0.62rem; min-height: 2rem;
  }
  button, .button, select { cursor: pointer; }
  .button { display: inline-flex; align-items: center; }
  button:hover, .button:hover, select:hover { border-color: var(--muted); }
  button:focus-visible, select:focus-visible, input:focus-visible, .button:focus-within, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  button[aria-pressed="true"] { background: var(--accent); color: var(--on-term); border-color: var(--accent); }
  button.link { background: none; border: 0; padding: 0; min-height: 0; color: var(--accent); text-decoration: underline; text-underline-offset: 2px; font-size: inherit; text-align: start; }
  .transport { display: grid; gap: 0.35rem; }
  .buttons { display: flex; flex-wrap: wrap; gap: 0.35rem; align-items: center; }
  .buttons button { min-width: 2.3rem; }
  .icon { width: 18px; height: 18px; display: block; margin: auto; fill: currentColor; }
  .buttons .play { min-width: 3.1rem; background: var(--accent); color: var(--on-term); border-color: var(--accent); }
  .speed { color: var(--muted); font-size: 0.85rem; margin-inline-start: 0.4rem; }
  .clock { margin-inline-start: auto; font-variant-numeric: tabular-nums; font-size: 1.02rem; font-weight: 600; }
  .timeline { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.1rem 0.6rem; align-items: center; }
  .timeline input { grid-area: 1 / 1; width: 100%; margin: 0; padding: 0; min-height: 1.6rem; accent-color: var(--accent); background: none; border: 0; }
  .marks { grid-area: 2 / 1; width: calc(100% - 16px); margin-inline: 8px; height: 16px; }
  .mark { stroke: var(--muted); stroke-width: 1; opacity: 0.6; }
  .mark.broken { stroke: var(--bad); stroke-width: 3; opacity: 1; }
  .end { grid-area: 1 / 2; color: var(--muted); font-size: 0.8rem; font-variant-numeric: tabular-nums; }
  .told { margin: 0; color: var(--muted); font-size: 0.85rem; min-height: 1.3em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; }
  .told b { font-weight: 600; font-variant-numeric: tabular-nums; color: var(--ink); }
  .small { color: var(--muted); font-size: 0.84rem; }
  .paper { color: var(--muted); font-size: 0.84rem; margin-bottom: 0.35rem; }
  .verdict { border-inline-start: 3px solid var(--muted); padding-inline-start: 0.6rem; unicode-bidi: isolate; }
  .verdict.good { border-color: var(--good); color: var(--good); }
  .verdict.bad, .broken { border-color: var(--bad); color: var(--bad); }
  .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
