/** How a scene looks within somebody else's page. */
import { css } from "lit";

export const elementStyles = css`
  :host { font-size: 14px; line-height: 1.45; text-align: start; }
  .player { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.6rem; background: var(--surface); border: 1px solid var(--faint); border-radius: 12px; padding: 0.8rem; }
  .player p { margin: 0; }
  .title .paper { margin-inline-start: 0.4rem; }
  ol.story { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.16rem; align-content: start; min-height: 4.4rem; font-size: 0.87rem; }
  ol.story li { display: grid; grid-template-columns: 3.6rem 1.5rem minmax(0, 1fr); gap: 0.4rem; align-items: baseline; margin: 0; overflow-wrap: anywhere; color: var(--muted); }
  ol.story li:last-child { color: var(--ink); }
  ol.story .time { text-align: end; font-variant-numeric: tabular-nums; }
  ol.story .who { font-weight: 600; }
  ol.story i { font-style: normal; color: var(--muted); }
  ol.story .turning { font-weight: 600; }
  dl { margin: 0; display: grid; gap: 0.2rem; font-size: 0.85rem; }
  dl div { display: grid; grid-template-columns: minmax(5.5rem, auto) minmax(0, 1fr); gap: 0.6rem; }
  dt { color: var(--muted); unicode-bidi: isolate; }
  dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; font-variant-numeric: tabular-nums; }
  .foot { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; justify-content: space-between; }
  .foot a { color: var(--accent); }
`;
