/** Colours and shapes of the picture. Terms have colours of their own, which come round again after eight. */
import { css } from "lit";

/** Term colours and the others, for whoever draws beside a picture. `light-dark` follows the page's `color-scheme`. */
export const colours = css`
  :host {
    --ink: light-dark(#1d232b, #e6e9ee);
    --muted: light-dark(#5b6572, #9aa5b4);
    --faint: light-dark(#d8dde4, #363e4a);
    --surface: light-dark(#ffffff, #171b21);
    --raised: light-dark(#f4f6f9, #1f252d);
    --accent: light-dark(#1f5fbf, #7fb0ff);
    --good: light-dark(#1b7a43, #63cf8f);
    --warn: light-dark(#a15c00, #f0b455);
    --bad: light-dark(#b3261e, #ff8a80);
    --term-0: light-dark(#2f66c4, #7aa9f7);
    --term-1: light-dark(#8a6100, #e3b341);
    --term-2: light-dark(#1a7f5a, #5ccba0);
    --term-3: light-dark(#a23b8f, #e08ad2);
    --term-4: light-dark(#b5482a, #f29a7e);
    --term-5: light-dark(#5a52c7, #aaa4ff);
    --term-6: light-dark(#0f7c8c, #5fcbdc);
    --term-7: light-dark(#6b6f1d, #c5c95c);
    --on-term: light-dark(#ffffff, #10141a);
  }
`;

/** The class that gives `--term` its colour. */
export function termClass(term: number): string {
  return term > 0 ? `term t${term % 8}` : "term none";
}

export const terms = css`
  .term { --term: var(--muted); }
  .t0 { --term: var(--term-0); }
  .t1 { --term: var(--term-1); }
  .t2 { --term: var(--term-2); }
  .t3 { --term: var(--term-3); }
  .t4 { --term: var(--term-4); }
  .t5 { --term: var(--term-5); }
  .t6 { --term: var(--term-6); }
  .t7 { --term: var(--term-7); }
`;

export const sceneStyles = css`
  :host {
    display: block;
    container-type: inline-size;
    color: var(--ink);
    font-family: system-ui, sans-serif;
  }
  .whole {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.5rem;
    align-items: center;
  }
  @container (min-width: 640px) {
    .whole { grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 1rem; }
  }
  svg.ring {
    display: block;
    width: 100%;
    max-height: min(70vh, 34rem);
    user-select: none;
    touch-action: pan-y;
  }
  svg.ring.parting { touch-action: none; cursor: crosshair; }
  text { font: 12px system-ui, sans-serif; fill: var(--ink); text-anchor: middle; }
  .link { stroke: var(--faint); stroke-width: 1; }
  .link.cut { stroke: var(--bad); stroke-width: 1.6; stroke-dasharray: 2 5; }
  .link.held { stroke: var(--warn); stroke-width: 1.6; stroke-dasharray: 8 4; }
  .link.bad { stroke: var(--warn); stroke-width: 1.4; stroke-dasharray: 1 3; }
  .link.selected { stroke: var(--accent); stroke-width: 2.5; }
  .flow { stroke: var(--term); stroke-width: 5; stroke-linecap: round; stroke-dasharray: 0 var(--gap); pointer-events: none; --gap: 26; }
  .flow.heartbeat, .flow.other { stroke-width: 3.4; opacity: 0.6; }
  .flow.vote { stroke-width: 6; }
  .flow.rare { --gap: 104; }
  .flow.few { --gap: 52; }
  .flow.many { --gap: 13; }
  .touch { stroke: transparent; stroke-width: 14; cursor: pointer; }
  .server, .client { cursor: pointer; }
  .spot { outline: none; }
  .words { pointer-events: none; }
  .disc { fill: var(--surface); stroke: var(--term); stroke-width: 2.5; }
  .leader .disc { fill: var(--term); }
  .leader .name, .leader .at { fill: var(--on-term); }
  .candidate .disc, .preCandidate .disc { stroke-dasharray: 5 3; }
  .down .disc, .gone .disc, .unknown .disc, .starting .disc { stroke: var(--muted); stroke-dasharray: 2 4; fill: var(--raised); }
  .down .name, .down .at, .gone .name, .gone .at, .unknown .name, .unknown .at { fill: var(--muted); }
  .paused .disc { opacity: 0.55; }
  .outside .disc { stroke-width: 1.2; }
  .name { font-size: 15px; font-weight: 650; }
  .at { font-size: 11px; fill: var(--muted); }
  .role { font-size: 11px; }
  .vote { font-size: 10px; fill: var(--muted); }
  .label { paint-order: stroke; stroke: var(--surface); stroke-width: 3px; stroke-linejoin: round; }
  .timer { fill: none; stroke: var(--term); stroke-width: 3; stroke-linecap: round; opacity: 0.75; }
  .timer.bed { stroke: var(--faint); opacity: 1; stroke-width: 2; }
  .halo { fill: none; stroke: transparent; stroke-width: 3; }
  .lit .halo { stroke: var(--bad); }
  .selected .halo { stroke: var(--accent); }
  .spot:focus-visible .halo, .spot:focus-visible .box { stroke: var(--accent); stroke-width: 3; }
  .disk { fill: var(--surface); stroke: var(--muted); stroke-width: 1.2; }
  .disk.hung, .disk.full, .disk.damaged { stroke: var(--bad); stroke-width: 2; }
  .disk.slow, .disk.low { stroke: var(--warn); stroke-width: 2; }
  .written { fill: var(--accent); }
  .attached { stroke: var(--faint); stroke-width: 1; }
  .attached.connecting { stroke-dasharray: 2 3; }
  .box { fill: var(--raised); stroke: var(--muted); stroke-width: 1.2; }
  .client.lost .box { stroke-dasharray: 2 3; }
  .client.selected .box { stroke: var(--accent); stroke-width: 2.5; }
  .client text { font-size: 10.5px; }
  .client .badge { font-size: 8.5px; fill: var(--muted); }
  .message { cursor: pointer; }
  .message .dot { fill: var(--term); stroke: var(--surface); stroke-width: 1; }
  .message.reply .dot { fill: var(--surface); stroke: var(--term); stroke-width: 2; }
  .message.heartbeat .dot { opacity: 0.55; }
  .message.client .dot { --term: var(--accent); }
  .message.broken .dot { --term: var(--bad); }
  .message.selected .dot { stroke: var(--accent); stroke-width: 3; }
  .message .area { fill: transparent; }
  .knife { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 6 4; }

  .logs { overflow-x: auto; }
  table { border-collapse: separate; border-spacing: 2px 3px; font-size: 12px; font-variant-numeric: tabular-nums; }
  caption, .legend { text-align: start; color: var(--muted); font-size: 11.5px; line-height: 1.5; }
  th { font-weight: 600; text-align: start; padding: 0 0.35em 0 0; color: var(--ink); white-space: nowrap; }
  thead th { color: var(--muted); font-weight: 400; font-size: 10.5px; text-align: center; padding: 0; }
  th.far { position: relative; height: 1.3em; }
  th.far .seen { position: absolute; bottom: 0; left: 50%; translate: -50%; }
  td { width: 22px; min-width: 22px; height: 26px; padding: 0 0 5px; text-align: center; border-radius: 4px; box-sizing: border-box; position: relative; }
  td.entry { border: 1.5px solid var(--term); color: var(--ink); }
  td.entry.committed { background: var(--term); color: var(--on-term); }
  td.entry.volatile { border-style: dashed; }
  td.entry.applied::after {
    content: "";
    position: absolute;
    inset: auto 0 2px;
    margin: auto;
    width: 4px;
    height: 4px;
    border-radius: 50%;
    background: currentColor;
  }
  td.checkpoint { background: var(--faint); }
  td.known { background: var(--faint); color: var(--muted); }
  td.more { color: var(--muted); font-size: 11px; width: auto; text-align: start; padding-inline: 0.3em; white-space: nowrap; }
  .key { display: inline-block; width: 0.95em; height: 0.95em; border-radius: 3px; vertical-align: -0.12em; margin-inline: 0.6em 0.25em; box-sizing: border-box; --term: var(--muted); border: 1.5px solid var(--term); }
  .key:first-child { margin-inline-start: 0; }
  .key.committed { background: var(--term); }
  .key.volatile { border-style: dashed; }
  .key.applied { background: radial-gradient(circle, var(--surface) 25%, var(--term) 30%); }
  .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @media (prefers-reduced-motion: no-preference) {
    .disc, .halo { transition: fill 0.15s, stroke 0.15s; }
    /* Over the gaps of all paces, so that each of them goes on where it began, and as fast as the others. */
    .flow { animation: flow 2.4s linear infinite; }
    @keyframes flow { from { stroke-dashoffset: 104; } to { stroke-dashoffset: 0; } }
  }
`;
