/** How the page looks. */
import { css } from "lit";

/** Of the whole document. */
export const pageStyles = css`
  html { color-scheme: light dark; background: light-dark(#fbfcfd, #12161b); }
  body { margin: 0; }
`;

export const styles = css`
  :host { display: block; color: var(--ink); font: 14px/1.45 system-ui, sans-serif; --surface: light-dark(#ffffff, #171b21); }
  * { box-sizing: border-box; }
  .page { max-width: 100rem; margin: 0 auto; padding: 0.6rem clamp(0.6rem, 1.5vw, 1.4rem) 1rem; display: grid; gap: 0.7rem; grid-template-columns: minmax(0, 1fr); }
  header { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; }
  h1 { font-size: 1.15rem; font-weight: 700; letter-spacing: -0.01em; margin: 0; }
  h1 span { font-weight: 400; color: var(--muted); }
  h2 { font-size: 1rem; margin: 0.1rem 0 0.5rem; line-height: 1.3; }
  h3 { font-size: 0.82rem; font-weight: 600; color: var(--muted); margin: 0.9rem 0 0.35rem; }
  p { margin: 0 0 0.6rem; }
  .what { flex: 1 1 14rem; }
  .what select { width: 100%; max-width: 34rem; }
  .share { display: flex; gap: 0.4rem; }
  h2 button.link { font-weight: 400; font-size: 0.85rem; margin-inline-start: 0.4rem; }
  button.quiet { color: var(--muted); }
  .main { display: grid; gap: 0.7rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
  .card { background: var(--surface); border: 1px solid var(--faint); border-radius: 12px; padding: 0.8rem; }
  .stage { display: grid; gap: 0.5rem; grid-template-columns: minmax(0, 1fr); }
  @media (min-width: 62rem) {
    .main { grid-template-columns: minmax(0, 1fr) minmax(19rem, 25rem); }
    .side { position: sticky; top: 0.6rem; height: calc(100vh - 5.4rem); display: flex; flex-direction: column; }
    .panel { overflow-y: auto; flex: 1; position: relative; }
  }
  .tabs { display: flex; gap: 0.15rem; overflow-x: auto; border-bottom: 1px solid var(--faint); margin: -0.2rem 0 0.7rem; flex: none; }
  .tabs button { background: none; border: 0; border-radius: 6px 6px 0 0; border-bottom: 2px solid transparent; color: var(--muted); padding: 0.3rem 0.4rem; font-size: 0.84rem; }
  .tabs button[aria-selected="true"] { color: var(--ink); border-bottom-color: var(--accent); }
  .tabs .alarm { color: var(--bad); font-weight: 650; }
  .doing { display: flex; flex-wrap: wrap; gap: 0.35rem; margin-bottom: 0.5rem; align-items: center; }
  .way { font-variant-numeric: tabular-nums; min-width: 4.4rem; font-weight: 600; }
  dl { margin: 0.8rem 0 0; display: grid; gap: 0.2rem; font-size: 0.85rem; }
  dl div { display: grid; grid-template-columns: minmax(5.5rem, auto) minmax(0, 1fr); gap: 0.6rem; }
  dt { color: var(--muted); unicode-bidi: isolate; overflow-wrap: anywhere; }
  dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; font-variant-numeric: tabular-nums; }
  .broken { border-inline-start: 3px solid var(--bad); padding-inline-start: 0.6rem; overflow-wrap: anywhere; }
  .broken button.link { color: inherit; }
  kbd { font: 0.8rem ui-monospace, monospace; border: 1px solid var(--faint); border-radius: 4px; padding: 0 0.3em; }
  ul.messages, ul.promises { list-style: none; padding: 0; margin: 0; display: grid; gap: 0.25rem; font-size: 0.84rem; }
  ul.messages li { overflow-wrap: anywhere; }
  ul.promises { gap: 0.55rem; }
  ul.promises li { display: grid; grid-template-columns: 1.2rem minmax(0, 1fr); }
  ul.promises p { margin: 0.1rem 0 0; color: var(--muted); }
  ul.promises .paper { font-size: 0.78rem; margin-inline-start: 0.3rem; }
  .state { color: var(--good); font-weight: 700; }
  .bad .state, .bad b { color: var(--bad); }
  ol.story { list-style: none; margin: 0; padding: 0; font-size: 0.83rem; display: grid; gap: 0.16rem; }
  ol.story li { display: grid; align-items: baseline; grid-template-columns: 3.9rem 1.5rem minmax(0, 1fr); gap: 0.4rem; overflow-wrap: anywhere; padding-inline-start: 0.3rem; border-inline-start: 3px solid transparent; }
  ol.story li.small { display: block; }
  ol.story .link { font-variant-numeric: tabular-nums; text-align: end; text-decoration: none; }
  ol.story .who { font-weight: 600; }
  ol.story i { color: var(--muted); font-style: normal; }
  ol.story .turning { font-weight: 600; }
  ol.story .ahead { color: var(--muted); font-weight: 400; }
  ol.story .now { border-color: var(--accent); background: var(--raised); }
  code, .code, .console input { font: 0.79rem/1.5 ui-monospace, "SF Mono", Consolas, monospace; }
  code { color: var(--muted); unicode-bidi: isolate; }
  .code { margin: 0; padding: 0.6rem; background: var(--raised); border-radius: 8px; overflow: auto; }
  .code .line { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr); white-space: pre-wrap; overflow-wrap: anywhere; }
  .code .number { color: var(--muted); user-select: none; }
  .diff { white-space: pre-wrap; overflow-wrap: anywhere; margin-bottom: 0.6rem; }
  .diff del { color: var(--bad); text-decoration: none; }
  .diff ins { color: var(--good); text-decoration: none; }
  .diff del::before { content: "− "; }
  .diff ins::before { content: "+ "; }
  .plant select { width: 100%; margin-bottom: 0.6rem; }
  .console { display: flex; gap: 0.4rem; align-items: center; margin-bottom: 0.5rem; }
  .console label { flex: 1; display: flex; gap: 0.4rem; align-items: center; font-weight: 600; }
  .console input { flex: 1; min-width: 0; }
  fieldset { border: 1px solid var(--faint); border-radius: 8px; display: flex; flex-wrap: wrap; gap: 0.3rem 0.8rem; align-items: center; margin: 0 0 0.5rem; padding: 0.3rem 0.7rem 0.5rem; }
  legend { color: var(--muted); font-size: 0.82rem; padding: 0 0.3rem; }
  fieldset label { display: inline-flex; align-items: center; gap: 0.25rem; }
  fieldset input { min-height: 0; }
  .wide { overflow-x: auto; }
  table.trees { border-collapse: collapse; font-size: 0.82rem; }
  .trees th, .trees td { text-align: start; padding: 0.2rem 0.5rem; border-bottom: 1px solid var(--faint); unicode-bidi: isolate; vertical-align: top; white-space: nowrap; }
  .trees tbody th { font-weight: 500; }
  .trees thead th { color: var(--term); }
  .trees .differs { background: light-dark(#fff3dd, #33290f); }
  .notice { position: fixed; inset: auto 1rem 1rem; margin: 0 auto; width: fit-content; max-width: min(44rem, calc(100vw - 2rem)); background: var(--ink); color: var(--surface); padding: 0.55rem 0.9rem; border-radius: 9px; overflow-wrap: anywhere; unicode-bidi: isolate; z-index: 2; display: flex; gap: 0.8rem; align-items: center; }
  .notice button { background: none; border-color: var(--muted); color: inherit; min-height: 1.6rem; }
  .planted { color: var(--bad); font-weight: 600; font-size: 0.85rem; }
`;
