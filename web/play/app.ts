/** `<terrarium-play>`: the playground. It keeps what is known, and lets its parts draw it. */
import { type Bug, bugs } from "virtual:bugs";
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Action } from "../../sim/plan/actions.ts";
import type { Step } from "../../sim/plan/plan.ts";
import { planText } from "../../sim/report/plan-text.ts";
import type { Parting, Selection } from "../picture/picture.ts";
import { shown } from "../picture/shown.ts";
import { colours, terms } from "../picture/styles.ts";
import { controlStyles } from "./control-styles.ts";
import { timeKey } from "./keys.ts";
import { loadedFrom } from "./loaded.ts";
import { menu } from "./parts/menu.ts";
import { panelOf, tabBar } from "./parts/tabs.ts";
import { transport } from "./parts/transport.ts";
import type { FromWorker, HuntSoFar, Line, Moment, RunSoFar } from "./run/protocol.ts";
import { RunControl } from "./run-control.ts";
import { fromAddress, planCharactersMax, readPlan, type Shared, ShareError, toAddress } from "./share.ts";
import { Simulator } from "./simulator.ts";
import type { App, Loaded, Speed, Tab } from "./state.ts";
import { styles } from "./styles.ts";

/** How long a notice stands, ms. */
const noticeMs = 9_000;

/** How long nothing has to change before the address says so, ms. */
const addressMs = 400;

/** Where a page that is one file has its plan. */
const insideId = "plan";

/** The element of the whole page; its parts ask it for what they draw, through {@link App}. */
export class TerrariumPlay extends LitElement implements App {
  static override readonly styles = [colours, terms, controlStyles, styles];

  loaded: Loaded = loadedFrom({ kind: "goal", id: "" });
  selected: Selection | undefined;
  tab: Tab = "scene";
  isParting = false;
  bug: Bug | undefined;
  hunt: HuntSoFar | undefined;
  notice = "";
  readonly #control = new RunControl({
    changed: () => this.requestUpdate(),
    say: (sentence) => this.say(sentence),
    arrived: (moment, before) => this.#arrived(moment, before),
    planned: (plan) => {
      this.loaded = { ...this.loaded, plan, isChanged: true, scene: undefined };
      this.#keepAddress();
    },
  });
  #hunter: Simulator | undefined;
  #noticeTimer = 0;
  #addressTimer = 0;
  /** The line of the story that was scrolled to. */
  #storyAt: HTMLElement | undefined;
  /** The address that this page has given itself. */
  #address = "";

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("keydown", this.#key);
    addEventListener("hashchange", this.#addressChanged);
    addEventListener("dragover", this.#dragged);
    addEventListener("drop", this.#dropped);
    this.#openAddress();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("keydown", this.#key);
    removeEventListener("hashchange", this.#addressChanged);
    removeEventListener("dragover", this.#dragged);
    removeEventListener("drop", this.#dropped);
    this.#control.end();
    this.#hunter?.end();
  }

  get moment(): Moment | undefined {
    return this.#control.moment;
  }

  get run(): RunSoFar | undefined {
    return this.#control.run;
  }

  get lines(): readonly Line[] {
    return this.#control.lines;
  }

  get isPlaying(): boolean {
    return this.#control.isPlaying;
  }

  get speed(): Speed {
    return this.#control.speed;
  }

  override render(): TemplateResult {
    const { moment } = this;
    return html`<div class="page">
      ${menu(this)}
      <main class="main">
        <div class="stage">
          <section class="card" aria-label="Picture">
            <terrarium-scene .picture=${moment?.picture} .selected=${this.selected} parts .parting=${this.isParting}
              @terrarium-select=${this.#selectEvent} @terrarium-part=${this.#partEvent}></terrarium-scene>
          </section>
          <section class="card" aria-label="Time">
            ${this.bug === undefined ? nothing : html`<div class="planted">With the bug ${this.bug.id}: ${this.bug.title}</div>`}
            ${transport(this)}
          </section>
        </div>
        <section class="card side" aria-label="More">
          ${tabBar(this, (tab) => this.#focus(`#tab-${tab}`))}
          <div class="panel" role="tabpanel" id="panel" tabindex="0" aria-labelledby="tab-${this.tab}">${panelOf(this)}</div>
        </section>
      </main>
      <div role="status" aria-live="polite">${this.notice === "" ? nothing : html`<div class="notice"><span>${this.notice}</span><button @click=${() => this.say("")}>Close</button></div>`}</div>
    </div>`;
  }

  /** The story keeps up with time where it has a frame of its own. */
  override updated(): void {
    if (this.tab !== "story") return;
    const panel = this.renderRoot.querySelector<HTMLElement>(".panel");
    const now = panel?.querySelector<HTMLElement>(".now") ?? null;
    if (panel === null || now === null || now === this.#storyAt) return;
    this.#storyAt = now;
    if (panel.scrollHeight > panel.clientHeight + 4) panel.scrollTop = now.offsetTop - panel.clientHeight * 0.7;
  }

  readonly open = (source: Shared["source"]): void => this.#load({ source, steps: 0, bug: this.bug?.id ?? "" });

  readonly openFile = (file: File): void => {
    if (file.size > 4 * planCharactersMax)
      return this.say(`${shown(file.name, 60)} is larger than a plan may be here: 1 MiB.`);
    this.#try(async () => {
      const plan = readPlan(await file.text());
      this.open({ kind: "plan", plan });
    });
  };

  readonly playOrPause = (): void => {
    this.#control.playOrPause();
    if (!this.isPlaying) this.#keepAddress();
  };

  readonly setSpeed = (speed: Speed): void => this.#control.setSpeed(speed);

  readonly step = (by: "event" | "interesting", isBack: boolean): void => this.#control.step(by, isBack);

  readonly seek = (us: number): void => this.#control.seek(us);

  readonly select = (selection: Selection | undefined): void => {
    this.selected = selection;
    this.show("selected");
  };

  readonly show = (tab: Tab): void => {
    this.tab = tab;
    this.#control.send({ type: "look", at: this.selected, trees: tab === "trees" });
    this.requestUpdate();
  };

  readonly inject = (action: Action): void => {
    this.isParting = false;
    this.#control.send({ type: "inject", action });
  };

  readonly perform = (client: number, step: Step): void => this.#control.send({ type: "perform", client, step });

  readonly setParting = (isParting: boolean): void => {
    this.isParting = isParting;
    if (isParting) this.say("Draw a line through the ring: the servers on its sides will not hear each other.");
    this.requestUpdate();
  };

  readonly plant = (bug: Bug | undefined): void => {
    this.endHunt();
    this.bug = bug;
    this.#start(0);
  };

  readonly startHunt = (): void => {
    this.#hunter?.end();
    this.#control.pause();
    this.hunt = { runs: 0, seed: 0, state: "hunting", plan: undefined, invariant: undefined, items: 0 };
    const hear = (message: FromWorker): void => {
      if (message.type === "hunting") this.#hunted(message.hunt);
    };
    const fail = (sentence: string): void => {
      this.endHunt();
      this.say(sentence);
    };
    this.#hunter = new Simulator(this.bug, hear, fail);
    this.#hunter.send({ type: "hunt", seedFrom: Math.floor(Math.random() * 2 ** 31) });
    this.requestUpdate();
  };

  readonly endHunt = (): void => {
    this.#hunter?.end();
    this.#hunter = undefined;
    this.hunt = undefined;
    this.requestUpdate();
  };

  readonly copyLink = (): void => {
    this.#try(async () => {
      await this.#writeAddress();
      await this.#copy(location.href, "The address of this moment is copied.");
    });
  };

  readonly copyPlan = (): void => {
    const text = planText(this.loaded.plan);
    this.#try(() => this.#copy(text, "The plan is copied: put it into a file for npm run sim -- --plan FILE."));
  };

  readonly say = (notice: string): void => {
    this.notice = notice;
    clearTimeout(this.#noticeTimer);
    if (notice !== "") this.#noticeTimer = window.setTimeout(() => this.say(""), noticeMs);
    this.requestUpdate();
  };

  async #copy(text: string, done: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say(done);
    } catch {
      this.say("The browser does not let the page copy here: take the address from its own line.");
    }
  }

  /** Does what may fail for a reason that somebody can be told. */
  #try(action: () => Promise<void>): void {
    action().catch((error: unknown) => {
      this.say(error instanceof ShareError ? error.message : shown(`That did not work: ${String(error)}`, 300));
    });
  }

  #openAddress(): void {
    const hash = location.hash;
    this.#try(async () => {
      try {
        const shared = (await fromAddress(hash)) ?? (await insidePlan());
        this.#load(shared ?? { source: { kind: "goal", id: "" }, steps: 0, bug: "" });
      } catch (error) {
        this.#load({ source: { kind: "goal", id: "" }, steps: 0, bug: "" });
        throw error;
      }
    });
  }

  #load({ source, steps, bug }: Shared): void {
    const known = bugs.find(({ id }) => id === bug);
    if (bug !== "" && known === undefined) this.say(`There is no bug ${bug} here; nothing is planted.`);
    this.bug = known;
    this.loaded = loadedFrom(source);
    if (this.loaded.source !== source) this.say("There is no such scene here.");
    this.selected = undefined;
    if (this.tab === "selected") this.tab = "scene";
    this.#start(steps);
  }

  /** Begins what is loaded anew. */
  #start(steps: number): void {
    const { plan, goal, scene } = this.loaded;
    this.#control.start({ plan, goal: goal?.id ?? "", scene, bug: this.bug, steps });
    this.show(this.tab);
    this.#keepAddress();
  }

  #arrived(moment: Moment, before: Moment | undefined): void {
    if (moment.isBroken && before?.isBroken !== true) this.show("promises");
    if (!this.isPlaying) this.#keepAddress();
  }

  #hunted(hunt: HuntSoFar): void {
    this.hunt = hunt;
    if (hunt.state === "found" && hunt.plan !== undefined) {
      this.#hunter?.end();
      this.#hunter = undefined;
      this.open({ kind: "plan", plan: hunt.plan });
    }
    this.requestUpdate();
  }

  readonly #selectEvent = ({ detail }: CustomEvent<Selection>): void => this.select(detail);

  readonly #partEvent = ({ detail: { servers } }: CustomEvent<Parting>): void => {
    this.inject({ kind: "partition", shape: "halves", server: "random", servers, forMs: 3_600_000, flapMs: 0 });
    this.say(`${servers.map((id) => `n${id}`).join(", ")} and the others do not hear each other any more.`);
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && !event.defaultPrevented) this.say("");
    else timeKey(event, this);
  };

  readonly #dragged = (event: DragEvent): void => event.preventDefault();

  readonly #dropped = (event: DragEvent): void => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) this.openFile(file);
  };

  readonly #addressChanged = (): void => {
    if (location.hash !== this.#address) this.#openAddress();
  };

  /** Gives the keyboard to a part, once it is drawn. */
  #focus(selector: string): void {
    this.updateComplete.then(
      () => this.renderRoot.querySelector<HTMLElement>(selector)?.focus(),
      () => {},
    );
  }

  /** Soon, when nothing changes any more, the address says what is shown. */
  #keepAddress(): void {
    clearTimeout(this.#addressTimer);
    this.#addressTimer = window.setTimeout(() => this.#try(() => this.#writeAddress()), addressMs);
  }

  async #writeAddress(): Promise<void> {
    const { source, plan, isChanged } = this.loaded;
    const hash = `#${await toAddress({
      source: isChanged ? { kind: "plan", plan } : source,
      steps: this.moment?.steps ?? 0,
      bug: this.bug?.id ?? "",
    })}`;
    this.#address = hash;
    history.replaceState(null, "", hash);
  }
}

/** The plan that a page that is one file has inside. */
async function insidePlan(): Promise<Shared | undefined> {
  const text = document.getElementById(insideId)?.textContent ?? "";
  if (text === "") return undefined;
  return { source: { kind: "plan", plan: readPlan(text) }, steps: 0, bug: "" };
}

customElements.define("terrarium-play", TerrariumPlay);
