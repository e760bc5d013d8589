/** Tables of the sessions and of what their clients watch. */
import { html, nothing, type TemplateResult } from "lit";
import type { ObservedSession, SessionsAnswer, WatchesAnswer } from "../../src/http/observed.ts";
import { count, shownLine, span } from "./words.ts";

/** What a table does when somebody follows a path, or wants other sessions. */
export interface TableActions {
  readonly open: (path: string) => void;
  /** Sessions behind this one; 0: the oldest. */
  readonly page: (after: number) => void;
}

/** The sessions behind `after`. */
export function sessionsTable(
  answer: SessionsAnswer | undefined,
  after: number,
  { open, page }: TableActions,
): TemplateResult {
  if (answer === undefined) return html`<p class="muted">asking …</p>`;
  const { sessions, more, total, zxid } = answer;
  const last = sessions.at(-1)?.id ?? after;
  return html`<p class="muted">
      ${total === 0 ? "No client has a session." : `${count(total)} ${total === 1 ? "session" : "sessions"}, up to entry ${count(zxid)}.`}
    </p>
    ${sessions.length === 0 ? nothing : html`<div class="scroll" tabindex="0" role="region" aria-label="Sessions">${table(sessions, open)}</div>`}
    ${
      after === 0 && !more
        ? nothing
        : html`<div class="row">
            <button ?disabled=${after === 0} @click=${() => page(0)}>Oldest</button>
            <button ?disabled=${!more} @click=${() => page(last)}>Next</button>
          </div>`
    }`;
}

function table(sessions: readonly ObservedSession[], open: (path: string) => void): TemplateResult {
  return html`<table>
    <caption class="sr">Sessions, oldest first</caption>
    <thead>
      <tr>
        <th scope="col">session</th>
        <th scope="col">attached to</th>
        <th scope="col" class="n">last word</th>
        <th scope="col" class="n">timeout</th>
        <th scope="col" class="n">writes</th>
        <th scope="col">ephemerals</th>
      </tr>
    </thead>
    <tbody>
      ${sessions.map(({ id, attachedTo, silentMs, timeoutMs, lastRequestId, ephemeralCount, ephemerals }) => {
        const isLate = silentMs !== null && silentMs > timeoutMs / 2;
        return html`<tr>
          <th scope="row">${id}</th>
          <td>${attachedTo === null ? html`<span class="warn">no server</span>` : `n${attachedTo}`}</td>
          <td class="n ${isLate ? "warn" : ""}">${silentMs === null ? "–" : `${span(silentMs)} ago`}</td>
          <td class="n">${span(timeoutMs)}</td>
          <td class="n">${count(lastRequestId)}</td>
          <td>
            ${ephemerals.map((path) => html`${pathLink(path, open)} `)}
            ${ephemeralCount > ephemerals.length ? html`<span class="muted">and ${count(ephemeralCount - ephemerals.length)} more</span>` : nothing}
            ${ephemeralCount === 0 ? html`<span class="muted">none</span>` : nothing}
          </td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

/** What the clients of each server watch. */
export function watchesTable(answer: WatchesAnswer | undefined, open: (path: string) => void): TemplateResult {
  if (answer === undefined) return html`<p class="muted">asking …</p>`;
  const { servers, missing } = answer;
  const total = servers.reduce((sum, server) => sum + server.total, 0);
  const rows = servers.flatMap(({ id, watched }) => watched.map((one) => ({ id, ...one })));
  const told = servers.filter(
    ({ total: all, watched }) => watched.reduce((sum, { watchers }) => sum + watchers, 0) < all,
  );
  return html`<p class="muted">
      ${total === 0 ? "Nobody watches anything." : `${count(total)} ${total === 1 ? "watch" : "watches"}.`}
      ${missing.length > 0 ? html`<span class="warn">Not known of servers that do not answer: ${missing.join(", ")}.</span>` : nothing}
      ${told.length > 0 ? `Only some of those at server ${told.map(({ id }) => id).join(", ")} are shown.` : nothing}
    </p>
    ${
      rows.length === 0
        ? nothing
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Watches">
            <table>
              <caption class="sr">Watched paths</caption>
              <thead>
                <tr>
                  <th scope="col">path</th>
                  <th scope="col">kind</th>
                  <th scope="col" class="n">clients</th>
                  <th scope="col">at server</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  ({ id, path, kind, watchers }) => html`<tr>
                    <td>${pathLink(path, open)}</td>
                    <td>${kind}</td>
                    <td class="n">${count(watchers)}</td>
                    <td>n${id}</td>
                  </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }`;
}

function pathLink(path: string, open: (path: string) => void): TemplateResult {
  return html`<button class="link mono" @click=${() => open(path)}><bdi>${shownLine(path)}</bdi></button>`;
}
