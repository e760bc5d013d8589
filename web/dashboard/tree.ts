/** `<terrarium-tree>`: the tree, one znode at a time: its children page by page, its data piece by piece, its Stat. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { pathAdvice, pathProblem } from "../../src/base/paths.ts";
import { kindOf } from "../../src/base/znode-kinds.ts";
import type { FeedEvent, TreeAnswer, TreeChild } from "../../src/http/observed.ts";
import { colours } from "../picture/styles.ts";
import { AskError, ask } from "./ask.ts";
import { bytesOf, type DataForm, dataShown, formsOf, type Piece } from "./data-shown.ts";
import { shared } from "./styles.ts";
import { bytes, count, moment, shown, shownLine } from "./words.ts";

/** After a change of what is shown it is read again, but not more often, ms. */
const againMs = 700;
/** Children that are listed at most; whoever has more looks for one by its path. */
const childrenMax = 5_000;

const formNames: Readonly<Record<DataForm, string>> = { text: "text", json: "JSON", hex: "hex" };

/** `<terrarium-tree>`: the tree, level by level. */
export class TerrariumTree extends LitElement {
  static override readonly styles = [
    colours,
    shared,
    css`
      :host { display: block; }
      nav, form { margin-bottom: 0.75rem; }
      form { display: flex; gap: 0.5rem; }
      input { flex: 1 1 12rem; min-width: 0; font-family: ui-monospace, Menlo, Consolas, monospace; }
      .crumbs { display: flex; flex-wrap: wrap; align-items: baseline; }
      .both { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
      @container (min-width: 720px) { .both { grid-template-columns: minmax(12rem, 1fr) minmax(0, 2fr); } }
      ul { list-style: none; margin: 0.3rem 0; padding: 0; max-height: 26rem; overflow-y: auto; }
      li { display: flex; justify-content: space-between; gap: 0.75rem; padding: 0.15rem 0; }
      li span { white-space: nowrap; }
      pre { margin: 0.5rem 0; padding: 0.75rem; background: var(--raised); border-radius: 7px; max-height: 24rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; text-align: start; }
      pre.hex { white-space: pre; unicode-bidi: isolate; direction: ltr; }
      dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 0.35rem 1rem; margin: 0.75rem 0 0; font-variant-numeric: tabular-nums; }
      dt { color: var(--muted); font-size: 0.8rem; }
      dd { margin: 0; }
    `,
  ];
  static override readonly properties = {
    path: { attribute: false },
    answer: { state: true },
    children_: { state: true },
    more: { state: true },
    form: { state: true },
    trouble: { state: true },
  };

  /** Which znode is shown. */
  declare path: string;
  declare private answer: TreeAnswer | undefined;
  declare private children_: readonly TreeChild[];
  declare private more: boolean;
  /** As the reader chose it; undefined: what tells most. */
  declare private form: DataForm | undefined;
  declare private trouble: string;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** Numbers the requests: the answer to an older one is not shown. */
  #asked = 0;

  constructor() {
    super();
    this.path = "/";
    this.children_ = [];
    this.more = false;
    this.trouble = "";
  }

  /** Something happened: what is shown is read again if it may have changed. */
  notice(events: readonly FeedEvent[]): void {
    if (this.#again !== undefined || !this.isConnected) return;
    const below = this.path === "/" ? "/" : `${this.path}/`;
    const concerns = events.some(
      (event) => "path" in event && (event.path === this.path || event.path.startsWith(below)),
    );
    if (!concerns) return;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      void this.#read(this.answer?.at ?? 0);
    }, againMs);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#again);
    this.#again = undefined;
  }

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has("path")) return;
    this.form = undefined;
    this.answer = undefined;
    this.children_ = [];
    this.more = false;
    void this.#read(0);
  }

  /** Reads the znode with its data from byte `at` on, and its first children. Never rejects. */
  async #read(at: number): Promise<void> {
    const asked = ++this.#asked;
    const problem = pathProblem(this.path);
    if (problem !== undefined) {
      this.answer = undefined;
      this.trouble = `This is not the path of a znode: ${problem}; ${pathAdvice(this.path)}.`;
      return;
    }
    try {
      const answer = await ask<TreeAnswer>("tree", { path: this.path, at: at === 0 ? "" : String(at) });
      if (asked !== this.#asked) return;
      this.answer = answer;
      this.children_ = answer.children;
      this.more = answer.more;
      this.trouble = "";
    } catch (error) {
      if (asked !== this.#asked) return;
      if (error instanceof AskError && (error.code === "NO_NODE" || error.code === "NO_AUTH")) this.answer = undefined;
      this.trouble = shown(error instanceof Error ? error.message : String(error));
    }
  }

  async #readMore(): Promise<void> {
    const asked = this.#asked;
    const from = this.children_.at(-1)?.name ?? "";
    try {
      const answer = await ask<TreeAnswer>("tree", { path: this.path, from });
      if (asked !== this.#asked) return;
      this.children_ = [...this.children_, ...answer.children];
      this.more = answer.more;
    } catch (error) {
      this.trouble = shown(error instanceof Error ? error.message : String(error));
    }
  }

  override render(): TemplateResult {
    const { answer } = this;
    return html`<form @submit=${this.#submit} role="search">
        <label class="sr" for="path">Path of a znode</label>
        <input id="path" name="path" .value=${this.path} spellcheck="false" autocomplete="off" />
        <button>Open</button>
        <button type="button" @click=${() => this.#read(0)}>Reload</button>
      </form>
      ${this.#crumbs()}
      ${this.trouble === "" ? nothing : html`<p class="warn" role="status">${this.trouble}</p>`}
      ${answer === undefined ? nothing : html`<div class="both">${this.#childrenOf(answer)} ${this.#dataOf(answer)}</div>`}`;
  }

  #crumbs(): TemplateResult {
    const names = this.path.split("/").filter((name) => name !== "");
    return html`<nav aria-label="Where" class="crumbs mono">
      ${this.#crumb("/", "/", names.length === 0)}
      ${names.map((name, i) => {
        const path = `/${names.slice(0, i + 1).join("/")}`;
        return html`${i > 0 ? "/" : nothing}${this.#crumb(path, name, i === names.length - 1)}`;
      })}
    </nav>`;
  }

  #crumb(path: string, name: string, isLast: boolean): TemplateResult {
    const label = html`<bdi>${shownLine(name, 80)}</bdi>`;
    return isLast
      ? html`<strong>${label}</strong>`
      : html`<button class="link" @click=${() => this.#open(path)}>${label}</button>`;
  }

  #childrenOf({ stat, zxid, server }: TreeAnswer): TemplateResult {
    const parent = this.path === "/" ? "" : this.path;
    const isCut = this.children_.length >= childrenMax;
    return html`<section aria-labelledby="children">
      <h3 id="children">${count(stat.numChildren)} ${stat.numChildren === 1 ? "child" : "children"}</h3>
      <ul tabindex="0" aria-labelledby="children">
        ${repeat(
          this.children_,
          ({ name }) => name,
          ({ name, numChildren, dataLength, ephemeral }) => html`<li>
            <button class="link mono" @click=${() => this.#open(`${parent}/${name}`)}><bdi>${shownLine(name)}</bdi></button>
            <span class="muted">${numChildren > 0 ? `${count(numChildren)} below` : bytes(dataLength)}${ephemeral ? ", ephemeral" : ""}</span>
          </li>`,
        )}
      </ul>
      ${this.more && !isCut ? html`<button @click=${() => this.#readMore()}>More (${count(this.children_.length)} shown)</button>` : nothing}
      ${this.more && isCut ? html`<p class="muted">There are more: open one by its path, or use kvctl ls.</p>` : nothing}
      <p class="muted">As server ${server} has it, up to entry ${count(zxid)}.</p>
    </section>`;
  }

  #dataOf(answer: TreeAnswer): TemplateResult {
    const { stat, at } = answer;
    const piece: Piece = { bytes: bytesOf(answer.data), at, total: stat.dataLength };
    const forms = formsOf(piece);
    const form = this.form !== undefined && forms.includes(this.form) ? this.form : (forms[0] ?? "hex");
    const end = at + piece.bytes.length;
    const isWhole = at === 0 && end >= stat.dataLength;
    return html`<section aria-labelledby="data">
      <div class="row">
        <h3 id="data">Data: ${bytes(stat.dataLength)}</h3>
        <div class="row" role="group" aria-label="Show the data as">
          ${forms.map((one) => html`<button aria-pressed=${one === form} @click=${() => this.#choose(one)}>${formNames[one]}</button>`)}
        </div>
      </div>
      ${
        stat.dataLength === 0
          ? html`<p class="muted">none</p>`
          : html`<pre class="mono ${form}" tabindex="0" aria-labelledby="data">${dataShown(piece, form)}</pre>`
      }
      ${
        isWhole
          ? nothing
          : html`<div class="row">
              <span class="muted">bytes ${count(at)} to ${count(Math.max(at, end - 1))} of ${count(stat.dataLength)}</span>
              <button ?disabled=${at === 0} @click=${() => this.#read(Math.max(0, at - (piece.bytes.length || at)))}>Before</button>
              <button ?disabled=${end >= stat.dataLength} @click=${() => this.#read(end)}>Next</button>
            </div>`
      }
      ${statList(answer)}
    </section>`;
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const path = new FormData(event.target).get("path");
    if (typeof path !== "string") return;
    // The same path again: somebody wants it read anew.
    if (path === this.path) void this.#read(0);
    else this.#open(path);
  };

  #open(path: string): void {
    this.dispatchEvent(new CustomEvent("terrarium-open", { detail: path, bubbles: true, composed: true }));
  }

  #choose(form: DataForm): void {
    this.form = form;
  }
}

function ownerText(stat: TreeAnswer["stat"]): string {
  switch (kindOf(stat)) {
    case "ephemeral":
      return `session ${stat.ephemeralOwner}`;
    case "container":
      return "none: it is a container";
    case "ttl":
      return `none: it goes when it was not set for ${count(stat.ttlMs ?? 0)} ms`;
    case "persistent":
      return "none: it is persistent";
  }
}

function statList({ stat }: TreeAnswer): TemplateResult {
  const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion } = stat;
  const rows: readonly (readonly [string, string])[] = [
    ["created (czxid)", `${moment(ctime)}, entry ${count(czxid)}`],
    ["data set (mzxid)", `${moment(mtime)}, entry ${count(mzxid)}`],
    ["children changed (pzxid)", `entry ${count(pzxid)}`],
    ["version", String(version)],
    ["cversion", String(cversion)],
    ["aversion", String(aversion)],
    ["ephemeralOwner", ownerText(stat)],
  ];
  return html`<dl>
    ${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

customElements.define("terrarium-tree", TerrariumTree);

declare global {
  interface HTMLElementTagNameMap {
    "terrarium-tree": TerrariumTree;
  }
}
