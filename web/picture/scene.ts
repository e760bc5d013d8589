/**
 * `<terrarium-scene>`: a picture of a cluster. Give it a {@link Picture} as often as there is a new one; it tells what
 * somebody points at. It knows nothing of simulators or servers, and fetches nothing. The playground and the dashboard
 * feed it (define.ts); in any other page it plays a scene by itself (web/scene/element.ts).
 */
import { html, LitElement, nothing, type PropertyDeclarations, svg, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import { type Layout, layOut, type Point, partedBy, size } from "./layout.ts";
import { logsOf } from "./logs.ts";
import type { Parting, Picture, Selection } from "./picture.ts";
import { ringOf } from "./ring.ts";
import { colours, sceneStyles, terms } from "./styles.ts";

/** A drag shorter than this, in units of the picture, is a click. */
const dragMin = 24;

/** Width of a log's column, of what stands before the first, and of the gap beside the ring: CSS pixels. */
const columnWidth = 24;
const headWidth = 44;

/** `<terrarium-scene>`: draws one {@link Picture}. */
export class TerrariumScene extends LitElement {
  static override readonly styles = [colours, terms, sceneStyles];
  static override readonly properties: PropertyDeclarations = {
    picture: { attribute: false },
    selected: { attribute: false },
    parts: { type: Boolean },
    parting: { type: Boolean },
    columns: { state: true },
    knife: { state: true },
  };

  /** What is shown; nothing as long as there is none. */
  declare picture: Picture | undefined;
  /** What is marked as selected. */
  declare selected: Selection | undefined;
  /** Whether one may draw a line through the ring that parts the servers. */
  declare parts: boolean;
  /** Whether a finger draws a line that parts the servers, rather than moving the page; a mouse always does where one may. */
  declare parting: boolean;
  /** Columns of the logs that there is room for. */
  declare private columns: number;
  declare private knife: readonly [Point, Point] | undefined;
  readonly #stillness = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #size = new ResizeObserver(([entry]) => {
    const width = entry?.contentRect.width ?? 0;
    const room = width >= 640 ? (width - 16) * (1 / 2.15) : width;
    this.columns = Math.max(4, Math.min(40, Math.floor((room - headWidth) / columnWidth)));
  });

  constructor() {
    super();
    this.parts = false;
    this.parting = false;
    this.columns = 12;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#size.disconnect();
  }

  override render(): TemplateResult | typeof nothing {
    const { picture } = this;
    if (picture === undefined) return nothing;
    const layout = this.#layout(picture);
    const ring = ringOf({
      picture,
      layout,
      selected: this.selected,
      isStill: this.#stillness.matches,
      select: (selection) => this.#select(selection),
    });
    const logs = picture.servers.map(({ log }) => log);
    return html`<div class="whole">
      <svg class="ring ${this.parting ? "parting" : ""}" viewBox="0 0 ${size.width} ${size.height}" role="group"
        aria-label="The cluster" @pointerdown=${this.#down} @pointermove=${this.#move} @pointerup=${this.#up}
        @pointercancel=${this.#cancel}>
        ${ring}
        ${this.knife === undefined ? nothing : knifeOf(this.knife)}
      </svg>
      ${guard([this.columns, JSON.stringify(logs)], () => logsOf(picture, this.columns))}
    </div>`;
  }

  #layout(picture: Picture): Layout {
    return layOut(
      picture.servers.map(({ id }) => id),
      picture.clients,
    );
  }

  #select(selection: Selection): void {
    this.dispatchEvent(new CustomEvent("terrarium-select", { detail: selection, bubbles: true, composed: true }));
  }

  #point(event: PointerEvent): Point {
    const frame = this.renderRoot.querySelector("svg.ring");
    if (!(frame instanceof SVGSVGElement)) return { x: 0, y: 0 };
    const matrix = frame.getScreenCTM();
    if (matrix === null) return { x: 0, y: 0 };
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
  }

  readonly #down = (event: PointerEvent): void => {
    if (!this.parts) return;
    const isFree = !(event.target instanceof Element) || event.target.closest(".server, .client, .message") === null;
    if (!isFree || !event.isPrimary || event.button !== 0 || (event.pointerType !== "mouse" && !this.parting)) return;
    const at = this.#point(event);
    this.knife = [at, at];
  };

  readonly #move = (event: PointerEvent): void => {
    if (this.knife !== undefined) this.knife = [this.knife[0], this.#point(event)];
  };

  readonly #up = (): void => {
    const { knife, picture } = this;
    this.knife = undefined;
    if (knife === undefined || picture === undefined) return;
    const [a, b] = knife;
    if (Math.hypot(a.x - b.x, a.y - b.y) < dragMin) return;
    const servers = partedBy(this.#layout(picture), a, b);
    if (servers.length === 0) return;
    const detail: Parting = { servers };
    this.dispatchEvent(new CustomEvent("terrarium-part", { detail, bubbles: true, composed: true }));
  };

  readonly #cancel = (): void => {
    this.knife = undefined;
  };
}

function knifeOf([a, b]: readonly [Point, Point]) {
  return svg`<line class="knife" x1=${a.x} y1=${a.y} x2=${b.x} y2=${b.y}></line>`;
}
