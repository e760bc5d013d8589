/** `<terrarium-chart>`: a few lines over the last minutes, drawn by uPlot, with their newest values in words. */
import { css, html, LitElement, type PropertyValues, type TemplateResult, unsafeCSS } from "lit";
import uPlot from "uplot";
import uplotStyles from "uplot/dist/uPlot.min.css";
import { colours, terms } from "../picture/styles.ts";
import { shared } from "./styles.ts";
import { clock } from "./words.ts";

/** A line of a chart. */
export interface Line {
  readonly name: string;
  /** One of the eight colours that terms have. */
  readonly colour: number;
  readonly isDashed?: boolean;
  readonly values: readonly (number | null)[];
}

/** Height of the drawing, CSS pixels. */
const height = 130;
/** How far back the axis reaches, at least and at most, seconds. */
const [reachMin, reachMax] = [60, 300];

/** `<terrarium-chart>`: one chart. */
export class TerrariumChart extends LitElement {
  static override readonly styles = [
    unsafeCSS(uplotStyles),
    colours,
    terms,
    shared,
    css`
      :host { display: block; min-width: 0; }
      h3 { margin-bottom: 0.15rem; }
      ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.1rem 0.9rem; margin: 0 0 0.3rem; padding: 0; font-size: 0.82rem; font-variant-numeric: tabular-nums; min-height: 1.5em; }
      .key { display: inline-block; width: 0.9em; height: 0; border-top: 2.5px solid var(--term); vertical-align: 0.25em; margin-inline-end: 0.35em; }
      .key.dashed { border-top-style: dotted; }
      .plot { height: ${height}px; }
      .u-cursor-x { border-color: var(--muted) !important; }
    `,
  ];
  static override readonly properties = {
    heading: { attribute: false },
    times: { attribute: false },
    lines: { attribute: false },
    say: { attribute: false },
    least: { attribute: false },
    version: { attribute: false },
  };

  declare heading: string;
  /** Unix seconds. */
  declare times: readonly number[];
  declare lines: readonly Line[];
  /** A value in words. */
  declare say: (value: number) => string;
  /** The axis of values reaches at least so far. */
  declare least: number;
  /** Changes whenever there is something new to draw. */
  declare version: number;
  #plot: uPlot | undefined;
  /** What the drawing was made for: other lines or colours need a new one. */
  #madeFor = "";
  readonly #size = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0 && this.#plot !== undefined) this.#plot.setSize({ width, height });
  });
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #recolour = (): void => this.requestUpdate();

  constructor() {
    super();
    this.heading = "";
    this.times = [];
    this.lines = [];
    this.say = String;
    this.least = 1;
    this.version = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#dark.addEventListener("change", this.#recolour);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#dark.removeEventListener("change", this.#recolour);
    this.#size.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#madeFor = "";
  }

  override render(): TemplateResult {
    return html`<h3 id="title">${this.heading}</h3>
      <ul>
        ${this.lines.map(
          ({ name, colour, isDashed, values }) => html`<li class="t${colour}">
            <span class="key ${isDashed === true ? "dashed" : ""}"></span>${name} <strong>${this.#newest(values)}</strong>
          </li>`,
        )}
      </ul>
      <div class="plot" role="img" aria-label="${this.heading}, over the last five minutes"></div>`;
  }

  #newest(values: readonly (number | null)[]): string {
    const value = values.at(-1) ?? null;
    return value === null ? "–" : this.say(value);
  }

  override updated(_changed: PropertyValues): void {
    const place = this.renderRoot.querySelector(".plot");
    if (!(place instanceof HTMLElement)) return;
    const wanted = JSON.stringify([this.#dark.matches, this.lines.map(({ name, colour }) => [name, colour])]);
    if (wanted !== this.#madeFor) {
      this.#madeFor = wanted;
      this.#plot?.destroy();
      this.#plot = new uPlot(this.#options(place), this.#data(), place);
      this.#size.disconnect();
      this.#size.observe(place);
    } else this.#plot?.setData(this.#data());
  }

  #data(): uPlot.AlignedData {
    return [[...this.times], ...this.lines.map(({ values }) => [...values])];
  }

  /** The times that are shown, when the newest one is `last`. */
  #reach(last: number): [number, number] {
    const known = last - (this.times[0] ?? last);
    return [last - Math.min(reachMax, Math.max(reachMin, known)), last];
  }

  #options(place: HTMLElement): uPlot.Options {
    const style = getComputedStyle(this);
    // A canvas knows no light-dark(): the element's own colour is that of the scheme.
    const colourOf = (name: string): string => {
      place.style.color = `var(${name})`;
      const { color } = getComputedStyle(place);
      place.style.color = "";
      return color;
    };
    const [ink, grid] = [colourOf("--muted"), colourOf("--faint")];
    const axis = {
      stroke: ink,
      font: `11px ${style.fontFamily}`,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
    };
    return {
      width: Math.max(120, Math.floor(place.clientWidth)),
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: {
        x: { time: true, range: (_plot, _min, max) => this.#reach(max ?? 0) },
        y: { range: (_plot, _min, max) => [0, Math.max(this.least, (max ?? 0) * 1.15)] },
      },
      axes: [
        {
          ...axis,
          space: 70,
          size: 26,
          // With seconds where two would say the same.
          values: (_plot, ticks, _axis, _space, gap) => ticks.map((at) => clock(at * 1_000).slice(0, gap < 60 ? 8 : 5)),
        },
        {
          ...axis,
          space: 34,
          size: 62,
          values: (_plot, ticks) => ticks.map((value) => (value === 0 ? "0" : this.say(value))),
        },
      ],
      series: [
        {},
        ...this.lines.map(({ name, colour, isDashed }) => ({
          ...{
            label: name,
            stroke: colourOf(`--term-${colour}`),
            width: 1.6,
            spanGaps: false,
            points: { show: false },
          },
          ...(isDashed === true ? { dash: [3, 3] } : {}),
        })),
      ],
    };
  }
}

customElements.define("terrarium-chart", TerrariumChart);

declare global {
  interface HTMLElementTagNameMap {
    "terrarium-chart": TerrariumChart;
  }
}
