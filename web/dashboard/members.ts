/** The members of the cluster, a row each. */
import { html, nothing, type TemplateResult } from "lit";
import type { ClusterView, ObservedServer } from "../../src/http/observed.ts";
import { bytes, count, percentiles, rate, span, took } from "./words.ts";

/** The table. */
export function membersTable(view: ClusterView): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Members">
    <table>
      <caption class="sr">Members of the cluster, as server ${view.from} sees them</caption>
      <thead>
        <tr>
          <th scope="col">server</th>
          <th scope="col">role</th>
          <th scope="col" class="n">term</th>
          <th scope="col" class="n">commit</th>
          <th scope="col" class="n">applied</th>
          <th scope="col" class="n">match</th>
          <th scope="col" class="n">lag</th>
          <th scope="col" class="n">reads/s</th>
          <th scope="col" class="n">writes/s</th>
          <th scope="col" class="n">write p50 · p99</th>
          <th scope="col" class="n">disk p50 · p99</th>
          <th scope="col" class="n">round trip</th>
          <th scope="col" class="n">clients</th>
          <th scope="col" class="n">processor</th>
          <th scope="col" class="n">memory</th>
          <th scope="col">up</th>
        </tr>
      </thead>
      <tbody>
        ${view.servers.map((server) => row(server, view))}
      </tbody>
    </table>
  </div>`;
}

function row(server: ObservedServer, view: ClusterView): TemplateResult {
  const { id, glimpse, silence, ageMs, matchIndex, lag, roundTripMs } = server;
  const name = html`<th scope="row">${linkTo(server, view)}</th>`;
  if (glimpse === null || silence !== null) {
    const since = glimpse === null ? "" : `, for ${span(ageMs)}`;
    return html`<tr class="silent">
      ${name}
      <td colspan="4" class="warn">${silence ?? "it has not answered yet"}${since}</td>
      <td class="n">${indexOf(matchIndex)}</td>
      <td class="n">${lagOf(lag)}</td>
      <td colspan="9"></td>
    </tr>`;
  }
  const { status, reads, writes, disk, processor, memoryBytes, upMs } = glimpse;
  const isLeader = id === view.leader;
  return html`<tr>
    ${name}
    <td>
      ${isLeader ? html`<strong>leader</strong>` : roleWords(server)}
      ${status.ready ? nothing : html`<div class="warn">${status.reason ?? "not ready"}</div>`}
      ${status.writesRefused === undefined ? nothing : html`<div class="warn">refuses writes: ${status.writesRefused}</div>`}
    </td>
    <td class="n">${status.term}</td>
    <td class="n">${count(status.commitIndex)}</td>
    <td class="n">${count(status.appliedIndex)}</td>
    <td class="n">${indexOf(matchIndex)}</td>
    <td class="n">${lagOf(lag)}</td>
    <td class="n">${rate(reads.perSecond)}</td>
    <td class="n">${rate(writes.perSecond)}</td>
    <td class="n">${percentiles(writes.latency)}</td>
    <td class="n">${percentiles(disk)}</td>
    <td class="n">${roundTripMs === null ? html`<span class="muted" title="the server that shows this">here</span>` : took(roundTripMs)}</td>
    <td class="n">${count(status.connections)}</td>
    <td class="n">${processor === null ? "–" : `${Math.round(processor * 100)} %`}</td>
    <td class="n">${bytes(memoryBytes)}</td>
    <td class="whole">${span(upMs)}</td>
  </tr>`;
}

function roleWords({ glimpse, state }: ObservedServer): string {
  if (state === "catchingUp") return "catching up";
  if (state === "joining" || state === "leaving") return state;
  const role = glimpse?.status.role ?? "";
  return role === "preCandidate" ? "asks for pre-votes" : role;
}

function indexOf(matchIndex: number | undefined): string {
  return matchIndex === undefined ? "–" : count(matchIndex);
}

function lagOf(lag: number | undefined): TemplateResult | string {
  if (lag === undefined) return "–";
  return lag > 1_000 ? html`<span class="warn">${count(lag)}</span>` : count(lag);
}

/** Its name, and where its own dashboard is. */
function linkTo({ id, glimpse, clientAddress }: ObservedServer, { from }: ClusterView): TemplateResult {
  const address = dashboardOf(glimpse?.status.httpAddress);
  const name = `n${id}`;
  const where = clientAddress === "" ? "" : `clients: ${clientAddress}`;
  if (address === undefined || id === from) return html`<span title=${where}>${name}</span>`;
  return html`<a href=${address} title="its dashboard; ${where}">${name}</a>`;
}

/** The address of a server's dashboard; undefined if it has none, or tells nonsense. */
export function dashboardOf(httpAddress: string | undefined): string | undefined {
  if (httpAddress === undefined || !/^[\w.-]+:\d{1,5}$|^\[[0-9a-fA-F:.]+\]:\d{1,5}$/.test(httpAddress))
    return undefined;
  return `http://${httpAddress}/`;
}
