/** What stands above everything: who leads, whether the page is live, and what is wrong. */
import { html, nothing, type TemplateResult } from "lit";
import type { ClusterView } from "../../src/http/observed.ts";
import type { Standing } from "./live.ts";
import { dashboardOf } from "./members.ts";
import { clock, shownLine, span } from "./words.ts";

/** The line at the top. */
export function headerOf(view: ClusterView | undefined, standing: Standing): TemplateResult {
  return html`<header>
    <h1>Terrarium</h1>
    ${view === undefined ? nothing : html`<span class="muted"><bdi>${shownLine(view.clusterId, 60)}</bdi></span>`}
    <span class="spacer"></span>
    ${view === undefined ? nothing : leaderPill(view, standing)}
    <span class="pill ${standing.state === "live" ? "" : "warn"}">
      <span class="beat ${standing.state}"></span>${standingWords(view, standing)}
    </span>
    <a href="play/">playground</a>
  </header>`;
}

function leaderPill({ leader, term }: ClusterView, { state }: Standing): TemplateResult {
  const words = html`<span class="term">term ${term}</span>`;
  // Whether that is so still, nobody can say.
  if (state !== "live")
    return html`<span class="pill muted">${leader === null ? "no quorum" : `n${leader} led`} ${words}</span>`;
  if (leader === null) return html`<span class="pill bad">no quorum</span>`;
  return html`<span class="pill good">n${leader} leads ${words}</span>`;
}

function standingWords(view: ClusterView | undefined, { state }: Standing): string {
  const from = view === undefined ? "" : ` n${view.from}`;
  switch (state) {
    case "live":
      return `live from${from}`;
    case "lost":
      return `lost${from}`;
    case "refused":
      return "not let in";
    case "resting":
      return "resting";
    case "connecting":
      return "connecting";
  }
}

/** What is wrong with the page's server, or with the cluster. `hash`: of this page's address, for those of other servers. */
export function bannersOf(
  view: ClusterView | undefined,
  standing: Standing,
  hash: string,
): TemplateResult | typeof nothing {
  const { state, sinceMs, why } = standing;
  if (state === "refused") return html`<div class="banner" id="refused">${shownLine(why, 500)} Trying again.</div>`;
  if (state === "live" && view?.trouble != null)
    return html`<div class="banner bad" id="trouble">${view.trouble}</div>`;
  if (state !== "lost") return nothing;
  return html`<div class="banner" id="lost">
    <strong>${view === undefined ? "The server" : `Server ${view.from}`} does not answer</strong> since ${clock(sinceMs)}
    (${span(Date.now() - sinceMs)}). ${why} Trying again.
    ${view === undefined ? nothing : html`What you see is as it was then. ${otherServers(view, hash)}`}
  </div>`;
}

/** Where to go on while this page's server is away. */
function otherServers({ servers, from }: ClusterView, hash: string): TemplateResult | typeof nothing {
  const places = servers.flatMap(({ id, glimpse, silence }) => {
    const address = silence === null && id !== from ? dashboardOf(glimpse?.status.httpAddress) : undefined;
    return address === undefined ? [] : [{ id, address }];
  });
  if (places.length === 0) return nothing;
  return html`Others:
  ${places.map(({ id, address }, i) => html`${i > 0 ? ", " : ""}<a href="${address}${hash}">server ${id}</a>`)}.`;
}
