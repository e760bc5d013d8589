/** `<terrarium-dashboard>`: the whole page. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import type { ClusterView, FeedEvent, SessionsAnswer, WatchesAnswer } from "../../src/http/observed.ts";
import type { Selection } from "../picture/picture.ts";
import "../picture/define.ts";
import { colours } from "../picture/styles.ts";
import { ask } from "./ask.ts";
import { chartsOf } from "./charts.ts";
import { dashboardStyles } from "./dashboard-styles.ts";
import "./feed-list.ts";
import { eventText } from "./feed-list.ts";
import { bannersOf, headerOf } from "./header.ts";
import { History } from "./history.ts";
import { LiveCluster, type Standing } from "./live.ts";
import { membersTable } from "./members.ts";
import { pictureOf } from "./picture-of.ts";
import { hashOf, pathOf } from "./place.ts";
import { selectedWords } from "./selected.ts";
import { sessionsTable, watchesTable } from "./sessions.ts";
import { shared } from "./styles.ts";
import "./tree.ts";
import { TerrariumTree } from "./tree.ts";
import { count } from "./words.ts";

type Tab = "tree" | "sessions" | "watches";

const tabs: readonly { readonly tab: Tab; readonly name: string }[] = [
  { tab: "tree", name: "Tree" },
  { tab: "sessions", name: "Sessions" },
  { tab: "watches", name: "Watches" },
];

/** Events that the page remembers. */
const eventsMax = 400;
/** How often sessions and watches are asked for while they are seen, ms. */
const askMs = 2_000;

/** `<terrarium-dashboard>`: the whole page. */
export class TerrariumDashboard extends LitElement {
  static override readonly styles = [colours, shared, css`:host { display: block; }`, dashboardStyles];
  static override readonly properties = {
    view: { state: true },
    standing: { state: true },
    events: { state: true },
    tab: { state: true },
    path: { state: true },
    sessions: { state: true },
    shown: { state: true },
    watches: { state: true },
    behind: { state: true },
    selected: { state: true },
    news: { state: true },
  };

  declare private view: ClusterView | undefined;
  declare private standing: Standing;
  declare private events: readonly FeedEvent[];
  declare private tab: Tab;
  /** Of the znode in the tree. */
  declare private path: string;
  /** The oldest, which are in the picture, and those of the table. */
  declare private sessions: SessionsAnswer | undefined;
  declare private shown: SessionsAnswer | undefined;
  declare private watches: WatchesAnswer | undefined;
  /** The table of sessions begins behind this one. */
  declare private behind: number;
  declare private selected: Selection | undefined;
  /** What is read aloud. */
  declare private news: string;
  readonly #history = new History();
  readonly #live = new LiveCluster(new URL("events", document.baseURI).href, {
    standing: (standing) => this.#stands(standing),
    view: (view) => this.#seen(view),
    feed: (events) => this.#happened(events),
  });
  #asking: ReturnType<typeof setInterval> | undefined;
  #seconds: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.standing = { state: "connecting", sinceMs: Date.now(), why: "" };
    this.events = [];
    this.tab = "tree";
    this.path = pathOf(location.hash);
    this.behind = 0;
    this.news = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("hashchange", this.#moved);
    this.#live.start();
    this.#asking = setInterval(() => void this.#askMore(), askMs);
    // How long it has been lost changes though nothing comes.
    this.#seconds = setInterval(() => this.standing.state === "lost" && this.requestUpdate(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("hashchange", this.#moved);
    this.#live.stop();
    clearInterval(this.#asking);
    clearInterval(this.#seconds);
  }

  readonly #moved = (): void => {
    this.path = pathOf(location.hash);
    this.tab = "tree";
  };

  #stands(standing: Standing): void {
    if (standing.state !== this.standing.state) {
      if (standing.state === "lost") this.news = "The connection to the server is lost.";
      if (standing.state === "live") this.news = "Connected.";
      if (standing.state === "live") this.#history.gap();
      // Another process numbers its events anew.
      if (standing.state === "live") this.events = [];
    }
    this.standing = standing;
  }

  #seen(view: ClusterView): void {
    const before = this.view;
    this.view = view;
    this.#history.add(view);
    if (before === undefined) void this.#askMore();
    if (view.trouble !== null && before?.trouble === null) this.news = view.trouble;
  }

  #happened(events: readonly FeedEvent[]): void {
    this.events = [...this.events, ...events].slice(-eventsMax);
    const important = events.findLast(({ type }) => type === "leader" || type === "silent");
    if (important !== undefined && this.view !== undefined) this.news = eventText(important);
    this.#tree?.notice(events);
  }

  get #tree(): TerrariumTree | undefined {
    const tree = this.renderRoot.querySelector("terrarium-tree");
    return tree instanceof TerrariumTree ? tree : undefined;
  }

  /** Asks for what is seen. Never rejects. */
  async #askMore(): Promise<void> {
    if (this.standing.state !== "live" || document.visibilityState === "hidden") return;
    try {
      this.sessions = await ask<SessionsAnswer>("sessions", {});
      if (this.tab === "sessions")
        this.shown = this.behind === 0 ? this.sessions : await this.#sessionsBehind(this.behind);
      if (this.tab === "watches") this.watches = await ask<WatchesAnswer>("watches", {});
    } catch {
      // The stream tells what is wrong with the server.
    }
  }

  #sessionsBehind(after: number): Promise<SessionsAnswer> {
    return ask<SessionsAnswer>("sessions", { after: String(after) });
  }

  override updated(changed: PropertyValues): void {
    if (!changed.has("view") || this.view === undefined) return;
    const { leader } = this.view;
    document.title = `${leader === null ? "no leader" : `server ${leader} leads`} – Terrarium`;
  }

  override render(): TemplateResult {
    const { view } = this;
    return html`
      <p class="sr" role="status" aria-live="polite">${this.news}</p>
      ${headerOf(view, this.standing)}
      <main class=${this.standing.state === "live" ? "" : "old"}>
        ${bannersOf(view, this.standing, location.hash)}
        ${view === undefined ? html`<p class="muted waiting">${this.standing.state === "refused" ? "" : "Looking at the cluster …"}</p>` : this.#body(view)}
      </main>`;
  }

  #body(view: ClusterView): TemplateResult {
    const picture = pictureOf(view, this.sessions?.sessions ?? [], this.events);
    // What is not heard of any more does not move.
    const shown = this.standing.state === "live" ? picture : { ...picture, flows: [] };
    return html`
      <section class="card picture" aria-labelledby="picture-title">
        <h2 id="picture-title" class="sr">The cluster</h2>
        <terrarium-scene .picture=${shown} .selected=${this.selected} @terrarium-select=${this.#select}></terrarium-scene>
        ${selectedWords(view, this.sessions?.sessions ?? [], this.selected)}
      </section>
      <section class="card happens"><terrarium-feed .events=${this.events} @terrarium-open=${this.#open}></terrarium-feed></section>
      <section class="card wide" aria-labelledby="members-title">
        <h2 id="members-title">Members</h2>
        ${membersTable(view)}
      </section>
      <section class="card wide charts" aria-label="Charts">${chartsOf(view, this.#history)}</section>
      <section class="card wide more" aria-label="More">
        <div role="tablist" aria-label="Tree, sessions, watches" class="row tabs" @keydown=${this.#arrow}>
          ${tabs.map(
            ({
              tab,
              name,
            }) => html`<button role="tab" id="tab-${tab}" aria-controls="panel" aria-selected=${this.tab === tab}
              tabindex=${this.tab === tab ? 0 : -1} @click=${() => this.#choose(tab)}>${name}${tab === "sessions" ? ` ${count(this.sessions?.total ?? 0)}` : ""}</button>`,
          )}
        </div>
        <div role="tabpanel" id="panel" aria-labelledby="tab-${this.tab}">${this.#panel()}</div>
      </section>`;
  }

  #panel(): TemplateResult {
    const open = (path: string): void => this.#go(path);
    if (this.tab === "sessions")
      return sessionsTable(this.shown, this.behind, { open, page: (after) => this.#page(after) });
    if (this.tab === "watches") return watchesTable(this.watches, open);
    return html`<terrarium-tree .path=${this.path} @terrarium-open=${this.#open}></terrarium-tree>`;
  }

  readonly #select = ({ detail }: CustomEvent<Selection | undefined>): void => {
    const isSame = JSON.stringify(detail) === JSON.stringify(this.selected);
    this.selected = isSame ? undefined : detail;
  };

  readonly #open = ({ detail }: CustomEvent<string>): void => this.#go(detail);

  /** Shows a znode; the address of the page says which. */
  #go(path: string): void {
    this.tab = "tree";
    const hash = hashOf(path);
    if (hash === undefined) this.path = path;
    else location.hash = hash;
  }

  #page(after: number): void {
    this.behind = after;
    this.shown = undefined;
    void this.#askMore();
  }

  #choose(tab: Tab): void {
    this.tab = tab;
    void this.#askMore();
  }

  readonly #arrow = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = tabs.findIndex(({ tab }) => tab === this.tab);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    this.#choose(next.tab);
    this.renderRoot.querySelector<HTMLElement>(`#tab-${next.tab}`)?.focus();
  };
}

customElements.define("terrarium-dashboard", TerrariumDashboard);
