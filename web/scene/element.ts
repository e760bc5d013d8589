/**
 * `<terrarium-scene>` for any page: it plays a scene, or a plan, in the servers' own code, with time that goes both ways.
 * The build makes one file of it, dist/web/scene/terrarium-scene.js, which needs nothing else:
 *
 *     <script type="module" src="…/scene/terrarium-scene.js"></script>
 *     <terrarium-scene scene="figure-8">What stands here is shown where this cannot be played.</terrarium-scene>
 *
 * Attributes: `scene`, the name of a file of sim/scenes; or `src`, the address of such a file or of a plan. `at`:
 * milliseconds of virtual time to begin at. `playground`: the address of the playground, for a link to the moment that is
 * shown. It follows the page's `color-scheme`, starts its worker when it comes into sight, and asks of a page's policy
 * `worker-src blob:`.
 */
import { html, nothing, type TemplateResult } from "lit";
import { checkPlan, type Plan } from "../../sim/plan/plan.ts";
import { PlanError } from "../../sim/plan/schema.ts";
import { checkScene, type Scene } from "../../sim/scenes/scene.ts";
import type { Selection } from "../picture/picture.ts";
import { TerrariumScene } from "../picture/scene.ts";
import { shown } from "../picture/shown.ts";
import { controlStyles } from "../play/control-styles.ts";
import { timeKey } from "../play/keys.ts";
import { transport } from "../play/parts/transport.ts";
import { RunControl } from "../play/run-control.ts";
import { allScenes } from "../play/scenes.ts";
import { planCharactersMax } from "../play/share.ts";
import type { Timed } from "../play/state.ts";
import { elementStyles } from "./styles.ts";

/** What is played. */
interface Loaded {
  readonly title: string;
  readonly paper: string;
  readonly plan: Plan;
  readonly scene: Scene | undefined;
}

/** Lines of the story that are shown: the newest. */
const linesShown = 3;

/** How far outside of what is seen it begins to load. */
const margin = "300px";

/** `<terrarium-scene>` that plays by itself. */
export class TerrariumPlayedScene extends TerrariumScene {
  static override readonly styles = [...TerrariumScene.styles, controlStyles, elementStyles];
  static override readonly properties = {
    scene: { type: String },
    src: { type: String },
    at: { type: Number },
    playground: { type: String },
    loaded: { state: true },
    sentence: { state: true },
  };

  declare scene: string | undefined;
  declare src: string | undefined;
  declare at: number | undefined;
  declare playground: string | undefined;
  declare private loaded: Loaded | undefined;
  /** Why it does not play. */
  declare private sentence: string;
  readonly #control = new RunControl({
    changed: () => this.requestUpdate(),
    say: (sentence) => {
      this.sentence = sentence;
    },
    arrived: ({ picture }) => {
      this.picture = picture;
    },
    planned: () => {},
  });
  readonly #sight = new IntersectionObserver(
    (entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) this.#begin();
    },
    { rootMargin: margin },
  );
  /** What was asked for last, so that an answer that comes late is of no account. */
  #asked = "";

  constructor() {
    super();
    this.sentence = "";
    this.addEventListener("keydown", (event) => timeKey(event, this.#timed));
    this.addEventListener("terrarium-select", (event) => {
      if (!(event instanceof CustomEvent)) return;
      event.stopPropagation();
      this.#select(event.detail);
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sight.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sight.disconnect();
    this.#control.end();
    this.loaded = undefined;
    this.#asked = "";
  }

  override updated(): void {
    // Another scene in the same place.
    if (this.#asked !== "" && this.#asked !== this.#name) this.#begin();
  }

  get #name(): string {
    return JSON.stringify([this.scene, this.src, this.at]);
  }

  get #timed(): Timed {
    const control = this.#control;
    const { moment, run, lines, isPlaying, speed } = control;
    return {
      ...{ moment, run, lines, isPlaying, speed },
      playOrPause: () => control.playOrPause(),
      setSpeed: (wanted) => control.setSpeed(wanted),
      step: (by, back) => control.step(by, back),
      seek: (us) => control.seek(us),
    };
  }

  override render(): TemplateResult {
    const { loaded, sentence } = this;
    if (loaded === undefined) return html`<slot></slot>${this.#trouble(sentence)}`;
    return html`<div class="player" role="group" aria-label="A scene: ${loaded.title}">
      <p class="title"><b>${loaded.title}</b> <span class="paper">${loaded.paper}</span></p>
      ${this.#trouble(sentence)}
      <div class="picture">${super.render()}</div>
      ${transport(this.#timed)}
      ${this.#story()}
      ${this.#facts()}
      <p class="foot small">${this.#verdict()} ${this.#link()}</p>
    </div>`;
  }

  #trouble(sentence: string): TemplateResult | typeof nothing {
    return sentence === "" ? nothing : html`<p class="verdict bad" role="status">${shown(sentence, 300)}</p>`;
  }

  /** What has just happened, in words. */
  #story(): TemplateResult {
    const { lines, moment } = this.#control;
    const steps = moment?.steps ?? 0;
    const next = lines.findIndex((line) => line.steps > steps);
    const newest = lines.slice(0, next < 0 ? lines.length : next).slice(-linesShown);
    return html`<ol class="story" aria-label="What happened last">
      ${newest.map(
        ({ us, who, role, text, isTurning }) => html`<li class=${isTurning ? "turning" : ""}>
          <span class="time">${(us / 1000).toFixed(1)}</span> <span class="who">${who}</span>
          <span>${role === "" ? nothing : html`<i>${role}</i> `}${shown(text, 240)}</span>
        </li>`,
      )}
    </ol>`;
  }

  #facts(): TemplateResult | typeof nothing {
    const facts = this.selected === undefined ? [] : (this.#control.moment?.details.facts ?? []);
    if (facts.length === 0) return nothing;
    return html`<dl>${facts.map(([name, text]) => html`<div><dt>${shown(name)}</dt><dd>${shown(text, 300)}</dd></div>`)}</dl>`;
  }

  #verdict(): string {
    const { run, moment } = this.#control;
    if (moment?.isOver !== true || run === undefined) return "";
    if (run.failure !== undefined) return `A promise breaks: ${run.failure.invariant}.`;
    return run.verdict === undefined ? "It is over; every promise was kept." : `It is over: ${run.verdict.text}.`;
  }

  #link(): TemplateResult | typeof nothing {
    const { scene, playground } = this;
    if (scene === undefined || playground === undefined || !/^(https?:\/\/|\.{0,2}\/)/.test(playground)) return nothing;
    const at = this.#control.moment?.steps ?? 0;
    const hash = `#scene=${encodeURIComponent(scene)}${at > 0 ? `&at=${at}` : ""}`;
    return html`<a href="${playground}${hash}" target="_blank" rel="noopener">Go on in the playground</a>`;
  }

  /** What is pointed at; again, and it is let go. */
  #select(selection: Selection): void {
    const isSame = JSON.stringify(selection) === JSON.stringify(this.selected);
    this.selected = isSame ? undefined : selection;
    this.#control.send({ type: "look", at: this.selected, trees: false });
  }

  #begin(): void {
    const asked = this.#name;
    if (this.#asked === asked) return;
    this.#asked = asked;
    this.#load().then(
      (loaded) => {
        if (this.#asked === asked) this.#start(loaded);
      },
      (error: unknown) => {
        if (this.#asked !== asked) return;
        this.loaded = undefined;
        this.sentence = error instanceof Error ? error.message : String(error);
      },
    );
  }

  #start(loaded: Loaded): void {
    const { plan, scene } = loaded;
    this.sentence = "";
    this.loaded = loaded;
    this.selected = undefined;
    this.#control.start({ plan, goal: "", scene, bug: undefined, steps: 0 });
    if (this.at !== undefined && this.at > 0) this.#control.seek(this.at * 1000);
  }

  /** Rejects with a sentence. */
  async #load(): Promise<Loaded> {
    if (this.scene !== undefined) {
      const scene = allScenes.find(({ name }) => name === this.scene);
      if (scene !== undefined) return fromScene(scene);
      throw new Error(`There is no scene ${this.scene}: ${allScenes.map(({ name }) => name).join(", ")} are there.`);
    }
    if (this.src === undefined) throw new Error("This element needs the attribute scene, or src.");
    const answer = await fetch(this.src);
    if (!answer.ok) throw new Error(`${this.src} cannot be loaded (${answer.status}).`);
    const text = await answer.text();
    if (text.length > planCharactersMax) throw new Error(`${this.src} is larger than a plan may be here: 1 MiB.`);
    return fromFile(this.src, text);
  }
}

function fromScene(scene: Scene): Loaded {
  return { title: scene.title, paper: scene.paper, plan: scene.plan, scene };
}

/** A scene's file, or a plan's. */
function fromFile(name: string, text: string): Loaded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${name} is no JSON.`);
  }
  try {
    if (typeof value === "object" && value !== null && "plan" in value) return fromScene(checkScene(name, value));
    const plan = checkPlan(value);
    return { title: `The run of seed ${plan.seed}`, paper: "", plan, scene: undefined };
  } catch (error) {
    if (error instanceof PlanError) throw new Error(`${name} cannot be played: ${error.message}`);
    throw error;
  }
}

customElements.define("terrarium-scene", TerrariumPlayedScene);
