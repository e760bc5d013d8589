/** What the parts of the dashboard have in common. Colours are those of the picture. */
import { css } from "lit";

export const shared = css`
  *, *::before, *::after { box-sizing: border-box; }
  :host { color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
  h1, h2, h3 { margin: 0; font-weight: 650; line-height: 1.25; }
  h2 { font-size: 1rem; }
  h3 { font-size: 0.86rem; }
  a { color: var(--accent); text-underline-offset: 0.15em; }
  button, select, input {
    font: inherit;
    color: inherit;
    background: var(--surface);
    border: 1px solid var(--faint);
    border-radius: 7px;
    padding: 0.3rem 0.65rem;
    min-height: 2.1rem;
  }
  button { cursor: pointer; }
  button:hover:not(:disabled) { border-color: var(--muted); }
  button:disabled { color: var(--muted); cursor: default; }
  button[aria-pressed="true"], button[aria-selected="true"] { background: var(--ink); border-color: var(--ink); color: var(--surface); }
  button.link { background: none; border: none; padding: 0.1rem 0.15rem; min-height: 0; color: var(--accent); text-decoration: underline; text-underline-offset: 0.15em; text-align: start; overflow-wrap: anywhere; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  caption { text-align: start; color: var(--muted); padding-bottom: 0.3rem; }
  th { text-align: start; font-weight: 600; white-space: nowrap; }
  thead th { color: var(--muted); font-weight: 500; font-size: 0.8rem; border-bottom: 1px solid var(--faint); }
  th, td { padding: 0.4rem 0.9rem 0.4rem 0; vertical-align: top; }
  td.n, th.n { text-align: end; white-space: nowrap; }
  tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, var(--faint) 60%, transparent); }
  .scroll { overflow-x: auto; }
  .muted { color: var(--muted); }
  .good { color: var(--good); }
  .warn { color: var(--warn); }
  .bad { color: var(--bad); }
  .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.92em; }
  .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .row { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
  bdi { overflow-wrap: anywhere; }
`;
