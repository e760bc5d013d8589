/** Where the parts of the dashboard stand. */
import { css } from "lit";

export const dashboardStyles = css`
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.4rem 0.7rem;
    padding: 0.7rem clamp(0.75rem, 2.5vw, 1.75rem);
    background: var(--surface);
    border-bottom: 1px solid var(--faint);
    position: sticky;
    top: 0;
    z-index: 2;
  }
  h1 { font-size: 1.15rem; letter-spacing: -0.01em; }
  .spacer { flex: 1; }
  @media (max-width: 40rem) {
    header > a { order: 1; margin-inline-start: auto; }
    .spacer { order: 2; flex-basis: 100%; }
    .pill { order: 3; }
  }
  .pill {
    display: inline-flex;
    align-items: center;
    gap: 0.4rem;
    padding: 0.2rem 0.7rem;
    border: 1px solid var(--faint);
    border-radius: 999px;
    background: var(--raised);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .pill .term { color: var(--muted); }
  .pill.good { font-weight: 600; }
  .pill.good .term { font-weight: 400; }
  .pill.bad { border-color: var(--bad); font-weight: 600; }
  .beat { width: 0.55rem; height: 0.55rem; border-radius: 50%; background: var(--muted); }
  .beat.live { background: var(--good); }
  .beat.lost, .beat.refused { background: var(--bad); }
  main {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.9rem;
    max-width: 100rem;
    margin: 0 auto;
    padding: 0.9rem clamp(0.5rem, 2vw, 1.5rem) 3rem;
  }
  .card {
    min-width: 0;
    padding: 0.9rem clamp(0.75rem, 1.5vw, 1.2rem);
    background: var(--surface);
    border: 1px solid var(--faint);
    border-radius: 12px;
  }
  td.whole { white-space: nowrap; }
  .card > h2 { margin-bottom: 0.5rem; }
  .happens { display: flex; min-height: 20rem; }
  .happens > * { flex: 1; min-width: 0; }
  .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.2rem 2rem; }
  .more { container-type: inline-size; }
  .tabs { margin-bottom: 0.9rem; }
  .banner { padding: 0.7rem 1rem; border-radius: 10px; border: 1px solid var(--warn); background: color-mix(in srgb, var(--warn) 12%, var(--surface)); }
  .banner.bad { color: var(--ink); border-color: var(--bad); background: color-mix(in srgb, var(--bad) 12%, var(--surface)); }
  .selected { margin: 0.4rem 0 0; color: var(--muted); overflow-wrap: anywhere; }
  .selected strong { color: var(--ink); }
  .waiting { text-align: center; padding: 20vh 1rem; }
  .old terrarium-scene, .old .charts, .old .wide .scroll { opacity: 0.55; }
  @media (min-width: 1000px) {
    main { grid-template-columns: minmax(0, 2.1fr) minmax(19rem, 1fr); }
    .wide, .banner, .waiting { grid-column: 1 / -1; }
  }
  @media (prefers-reduced-motion: no-preference) {
    .beat.live { animation: beat 2.4s ease-in-out infinite; }
    @keyframes beat { 50% { opacity: 0.35; } }
  }
`;
