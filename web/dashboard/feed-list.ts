/** `<terrarium-feed>`: what happened, newest first. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { FeedEvent } from "../../src/http/observed.ts";
import { colours } from "../picture/styles.ts";
import { shared } from "./styles.ts";
import { clock, count, shownLine } from "./words.ts";

type Filter = "all" | "cluster" | "sessions" | "tree";

const filters: readonly { readonly filter: Filter; readonly name: string }[] = [
  { filter: "all", name: "all" },
  { filter: "cluster", name: "cluster" },
  { filter: "sessions", name: "sessions" },
  { filter: "tree", name: "tree" },
];

/** Events that are shown. */
const shownMax = 150;

/** What an event belongs to. */
function kindOf(event: FeedEvent): Exclude<Filter, "all"> {
  if ("path" in event) return "tree";
  return "session" in event ? "sessions" : "cluster";
}

/** What happened, in words, without markup: also what is read aloud. */
export function eventText(event: FeedEvent): string {
  switch (event.type) {
    case "created":
      return `created ${shownLine(event.path)}`;
    case "deleted":
      return `deleted ${shownLine(event.path)}`;
    case "dataChanged":
      return `set ${shownLine(event.path)}`;
    case "sessionOpened":
      return `session ${event.session} opened`;
    case "sessionMoved":
      return `session ${event.session} attached again`;
    case "sessionClosed":
      return `session ${event.session} closed`;
    case "sessionExpired":
      return `session ${event.session} expired`;
    case "leader":
      return event.leader === null
        ? `no leader known in term ${event.term}`
        : `server ${event.leader} leads in term ${event.term}`;
    case "role":
      return `server ${event.server} is ${roleNames[event.role] ?? event.role} in term ${event.term}`;
    case "silent":
      return `server ${event.server} does not answer: ${shownLine(event.why)}`;
    case "answers":
      return `server ${event.server} answers again`;
    case "membership":
      return `members: ${event.voters.join(", ")} vote${event.observers.length === 0 ? "" : `; ${event.observers.join(", ")} observe`}`;
  }
}

const roleNames: Readonly<Record<string, string>> = {
  preCandidate: "asking for pre-votes",
  candidate: "a candidate",
  follower: "a follower",
};

/** How much it deserves to be seen. */
function toneOf({ type }: FeedEvent): string {
  if (type === "silent" || type === "sessionExpired") return "warn";
  if (type === "leader" || type === "answers" || type === "membership") return "important";
  return "";
}

/** `<terrarium-feed>`: the list of what happened. */
export class TerrariumFeed extends LitElement {
  static override readonly styles = [
    colours,
    shared,
    css`
      :host { display: flex; flex-direction: column; min-height: 0; gap: 0.6rem; }
      ol { list-style: none; margin: 0; padding: 0; overflow-y: auto; flex: 1 1 0; min-height: 14rem; }
      li { display: grid; grid-template-columns: 4.6rem 1fr; gap: 0.5rem; padding: 0.18rem 0; border-top: 1px solid color-mix(in srgb, var(--faint) 55%, transparent); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
      li:first-child { border-top: none; }
      li.gap { color: var(--muted); font-style: italic; }
      .important { font-weight: 600; }
      time { color: var(--muted); }
      .row button { padding: 0.1rem 0.6rem; min-height: 1.8rem; border-radius: 1rem; font-size: 0.85rem; }
      .head { display: flex; justify-content: space-between; gap: 0.5rem; flex-wrap: wrap; align-items: baseline; }
      .row { gap: 0.3rem; }
    `,
  ];
  static override readonly properties = { events: { attribute: false }, filter: { state: true } };

  /** In order, oldest first. */
  declare events: readonly FeedEvent[];
  declare private filter: Filter;

  constructor() {
    super();
    this.events = [];
    this.filter = "all";
  }

  override render(): TemplateResult {
    const wanted = this.events.filter((event) => this.filter === "all" || kindOf(event) === this.filter);
    const newest = wanted.slice(-shownMax).reverse();
    return html`<div class="head">
        <h2 id="title">What happens</h2>
        <div class="row" role="group" aria-label="Show">
          ${filters.map(
            ({ filter, name }) =>
              html`<button aria-pressed=${this.filter === filter} @click=${() => this.#choose(filter)}>${name}</button>`,
          )}
        </div>
      </div>
      <ol tabindex="0" aria-labelledby="title">
        ${newest.length === 0 ? html`<li class="gap"><span></span>nothing yet</li>` : nothing}
        ${repeat(
          newest,
          ({ n }) => n,
          (event, i) => this.#item(event, newest[i + 1]),
        )}
      </ol>`;
  }

  #item(event: FeedEvent, before: FeedEvent | undefined): TemplateResult {
    // What a server forgot before it was told: only of the tree is there ever so much.
    const missed = before === undefined || this.filter !== "all" ? 0 : event.n - before.n - 1;
    return html`<li>
        <time datetime=${new Date(event.atMs).toISOString()}>${clock(event.atMs)}</time>
        <span class=${toneOf(event)}>${"path" in event ? this.#change(event) : eventText(event)}</span>
      </li>
      ${missed > 0 ? html`<li class="gap"><span></span>${count(missed)} more changes</li>` : nothing}`;
  }

  #change(event: Extract<FeedEvent, { readonly path: string }>): TemplateResult {
    const verb = { created: "created", deleted: "deleted", dataChanged: "set" }[event.type];
    const open = () =>
      this.dispatchEvent(new CustomEvent("terrarium-open", { detail: event.path, bubbles: true, composed: true }));
    const path = html`<bdi class="mono">${shownLine(event.path)}</bdi>`;
    return html`${verb} ${event.type === "deleted" ? path : html`<button class="link" @click=${open}>${path}</button>`}`;
  }

  #choose(filter: Filter): void {
    this.filter = filter;
  }
}

customElements.define("terrarium-feed", TerrariumFeed);
