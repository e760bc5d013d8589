/** `<terrarium-play>`: the playground. It keeps what is known, and lets its parts draw it. */
import { type Bug, bugs } from "virtual:bugs";
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { generatePlan } from "../../sim/hunter/generate.ts";
import type { Action } from "../../sim/plan/actions.ts";
import type { Step } from "../../sim/plan/plan.ts";
import { planText } from "../../sim/report/plan-text.ts";
import type { Parting, Selection } from "../picture/picture.ts";
import { shown } from "../picture/shown.ts";
import { colours, terms } from "../picture/styles.ts";
import { allScenes, menu } from "./parts/menu.ts";
import { bugsPanel, promisesPanel, sourcePanel, storyPanel, treesPanel } from "./parts/panels.ts";
import { scenePanel } from "./parts/scene.ts";
import { selectedPanel } from "./parts/selected.ts";
import { transport } from "./parts/transport.ts";
import { Playback, speeds } from "./playback.ts";
import { goals } from "./run/goals.ts";
import type { FromWorker, HuntSoFar, Line, Moment, RunSoFar, ToWorker } from "./run/protocol.ts";
import { sandbox } from "./samples.ts";
import { fromAddress, planCharactersMax, readPlan, type Shared, ShareError, toAddress } from "./share.ts";
import { Simulator } from "./simulator.ts";
import { type App, type Loaded, type Speed, type Tab, tabs } from "./state.ts";
import { styles } from "./styles.ts";

/** How long a notice stands, ms. */
const noticeMs = 9_000;

/** How long nothing has to change before the address says so, ms. */
const addressMs = 400;

/** Where a page that is one file has its plan. */
const insideId = "plan";

/** The element of the whole page; its parts ask it for what they draw, through {@link App}. */
export class TerrariumPlay extends LitElement implements App {
  static override readonly styles = [colours, terms, styles];

  loaded: Loaded = loadedFrom({ kind: "goal", id: "" });
  moment: Moment | undefined;
  run: RunSoFar | undefined;
  lines: readonly Line[] = [];
  selected: Selection | undefined;
  tab: Tab = "scene";
  isPlaying = false;
  speed: Speed = "auto";
  isParting = false;
  bug: Bug | undefined;
  hunt: HuntSoFar | undefined;
  notice = "";
  readonly #playback = new Playback();
  #simulator: Simulator | undefined;
  #hunter: Simulator | undefined;
  /** Whether the worker owes a moment; and where one wants to go once it has given it. */
  #isAsked = false;
  #wanted: ToWorker | undefined;
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
    this.#simulator?.end();
    this.#hunter?.end();
  }

  override render(): TemplateResult {
    const { moment } = this;
    return html`<div class="page">
      ${menu(this)}
      <main class="main">
        <div class="stage">
          <section class="card" aria-label="Picture">
            <terrarium-scene .picture=${moment?.picture} .selected=${this.selected} .parting=${this.isParting}
              @terrarium-select=${this.#selectEvent} @terrarium-part=${this.#partEvent}></terrarium-scene>
          </section>
          <section class="card" aria-label="Time">
            ${this.bug === undefined ? nothing : html`<div class="planted">With the bug ${this.bug.id}: ${this.bug.title}</div>`}
            ${transport(this)}
          </section>
        </div>
        <section class="card side" aria-label="More">
          ${this.#tabBar()}
          <div class="panel" role="tabpanel" id="panel" tabindex="0" aria-labelledby="tab-${this.tab}">${this.#panel()}</div>
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
    if (this.isPlaying) {
      this.isPlaying = false;
      this.#keepAddress();
    } else {
      if (this.moment?.isOver === true) this.#ask({ type: "seek", toUs: 0 });
      this.isPlaying = true;
      this.#playback.reset();
      requestAnimationFrame(this.#frame);
    }
    this.requestUpdate();
  };

  readonly setSpeed = (speed: Speed): void => {
    this.speed = speed;
    this.#playback.reset();
    this.requestUpdate();
  };

  readonly step = (by: "event" | "interesting", isBack: boolean): void => {
    this.#pause();
    this.#ask({ type: "step", by, back: isBack });
  };

  readonly seek = (us: number): void => this.#ask({ type: "seek", toUs: us });

  readonly select = (selection: Selection | undefined): void => {
    this.selected = selection;
    this.show("selected");
  };

  readonly show = (tab: Tab): void => {
    this.tab = tab;
    this.#send({ type: "look", at: this.selected, trees: tab === "trees" });
    this.requestUpdate();
  };

  readonly inject = (action: Action): void => {
    this.isParting = false;
    this.#send({ type: "inject", action });
  };

  readonly perform = (client: number, step: Step): void => this.#send({ type: "perform", client, step });

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
    this.#pause();
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
    this.#pause();
    this.#simulator?.end();
    this.moment = undefined;
    this.run = undefined;
    this.lines = [];
    this.#isAsked = false;
    this.#wanted = undefined;
    this.#simulator = new Simulator(
      this.bug,
      (message) => this.#hear(message),
      (sentence) => this.say(shown(sentence, 300)),
    );
    const { plan, goal, scene } = this.loaded;
    this.#isAsked = true;
    this.#simulator.send({ type: "load", plan, goal: goal?.id ?? "", scene, steps });
    this.show(this.tab);
    this.#keepAddress();
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case "moment":
        return this.#arrived(message.moment);
      case "run":
        if (message.run.number !== this.run?.number) this.lines = [];
        if (message.run.lines.length > 0) this.lines = [...this.lines, ...message.run.lines];
        this.run = message.run;
        break;
      case "plan":
        this.loaded = { ...this.loaded, plan: message.plan, isChanged: true, scene: undefined };
        this.#keepAddress();
        break;
      case "refused":
        this.say(message.sentence);
        break;
      case "hunting":
        return;
    }
    this.requestUpdate();
  }

  #arrived(moment: Moment): void {
    const wasBroken = this.moment?.isBroken ?? false;
    this.moment = moment;
    this.#isAsked = false;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined) this.#ask(wanted);
    if (moment.isBroken && !wasBroken) {
      this.#pause();
      this.show("promises");
    } else if (moment.isOver) this.#pause();
    if (!this.isPlaying) this.#keepAddress();
    this.requestUpdate();
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

  /** Asks for a moment; while one is owed, only the newest wish is kept. */
  #ask(message: ToWorker): void {
    if (this.#isAsked) {
      this.#wanted = message;
      return;
    }
    this.#isAsked = true;
    this.#simulator?.send(message);
  }

  /** Asks for something that must not be left out. */
  #send(message: ToWorker): void {
    this.#isAsked = true;
    this.#simulator?.send(message);
  }

  readonly #frame = (time: number): void => {
    if (!this.isPlaying) return;
    requestAnimationFrame(this.#frame);
    if (this.moment === undefined || this.#isAsked) return;
    const toUs = this.moment.us + this.#playback.passed(time, this.speed, this.moment.picture);
    this.#ask({ type: "advance", toUs });
  };

  #pause(): void {
    this.isPlaying = false;
    this.requestUpdate();
  }

  readonly #selectEvent = ({ detail }: CustomEvent<Selection>): void => this.select(detail);

  readonly #partEvent = ({ detail: { servers } }: CustomEvent<Parting>): void => {
    this.inject({ kind: "partition", shape: "halves", server: "random", servers, forMs: 3_600_000, flapMs: 0 });
    this.say(`${servers.map((id) => `n${id}`).join(", ")} and the others do not hear each other any more.`);
  };

  readonly #key = (event: KeyboardEvent): void => {
    const [target] = event.composedPath();
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    const isPressing = target instanceof HTMLButtonElement && event.key === " ";
    if (isTyping || isPressing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const speed = speeds.indexOf(this.speed);
    if (event.key === " ") this.playOrPause();
    else if (event.key === "ArrowRight") this.step(event.shiftKey ? "interesting" : "event", false);
    else if (event.key === "ArrowLeft") this.step(event.shiftKey ? "interesting" : "event", true);
    else if (event.key === "+") this.setSpeed(speeds[Math.min(speeds.length - 1, speed + 1)] ?? "auto");
    else if (event.key === "-") this.setSpeed(speeds[Math.max(0, speed - 1)] ?? "auto");
    else if (event.key === "Escape") this.say("");
    else return;
    event.preventDefault();
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

  #tabBar(): TemplateResult {
    const names: Readonly<Record<Tab, string>> = {
      scene: "Scene",
      selected: "Do",
      story: "Story",
      promises: "Promises",
      source: "Source",
      trees: "Trees",
      bugs: "Bugs",
    };
    const move = (event: KeyboardEvent): void => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const next = tabs[(tabs.indexOf(this.tab) + by + tabs.length) % tabs.length] ?? "scene";
      this.show(next);
      this.updateComplete.then(
        () => this.renderRoot.querySelector<HTMLElement>(`#tab-${next}`)?.focus(),
        () => {},
      );
    };
    return html`<div class="tabs" role="tablist" aria-label="More" @keydown=${move}>
      ${tabs.map(
        (tab) => html`<button role="tab" id="tab-${tab}" aria-controls="panel" aria-selected=${tab === this.tab}
          tabindex=${tab === this.tab ? 0 : -1} class=${tab === "promises" && this.run?.failure !== undefined ? "alarm" : ""}
          @click=${() => this.show(tab)}>${names[tab]}</button>`,
      )}
    </div>`;
  }

  #panel(): TemplateResult | typeof nothing {
    switch (this.tab) {
      case "scene":
        return scenePanel(this);
      case "selected":
        return selectedPanel(this);
      case "story":
        return storyPanel(this);
      case "promises":
        return promisesPanel(this);
      case "source":
        return sourcePanel(this);
      case "trees":
        return treesPanel(this);
      case "bugs":
        return bugsPanel(this);
    }
  }
}

/** What a source stands for. An unknown scene or goal is the quiet cluster. */
function loadedFrom(source: Shared["source"]): Loaded {
  const nothingMore = { scene: undefined, goal: undefined, isChanged: false };
  switch (source.kind) {
    case "plan":
      return { ...nothingMore, source, title: "A plan", plan: source.plan };
    case "seed":
      return { ...nothingMore, source, title: `The run of seed ${source.seed}`, plan: generatePlan(source.seed) };
    case "scene": {
      const scene = allScenes.find(({ name }) => name === source.name);
      if (scene === undefined) return loadedFrom({ kind: "goal", id: "" });
      return { ...nothingMore, source, title: scene.title, plan: scene.plan, scene };
    }
    case "goal": {
      const goal = goals.find(({ id }) => id === source.id);
      if (goal === undefined && source.id !== "") return loadedFrom({ kind: "goal", id: "" });
      return { ...nothingMore, source, title: goal?.title ?? "A quiet cluster of five", plan: sandbox(), goal };
    }
  }
}

/** The plan that a page that is one file has inside. */
async function insidePlan(): Promise<Shared | undefined> {
  const text = document.getElementById(insideId)?.textContent ?? "";
  if (text === "") return undefined;
  return { source: { kind: "plan", plan: readPlan(text) }, steps: 0, bug: "" };
}

customElements.define("terrarium-play", TerrariumPlay);
