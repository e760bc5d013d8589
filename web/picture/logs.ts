/** The servers' logs side by side: a row a server, a column an index, coloured by term. */
import { html, nothing, type TemplateResult } from "lit";
import type { EntryPicture, Picture, ServerPicture } from "./picture.ts";
import { termClass } from "./styles.ts";

/** The logs' columns: the newest `count` indexes of all. */
function columnsOf(servers: readonly ServerPicture[], count: number): readonly number[] {
  const last = servers.reduce((most, { log }) => Math.max(most, log.last), 0);
  const first = Math.max(1, last - count + 1);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** A table of the newest `count` entries. */
export function logsOf({ servers }: Picture, count: number): TemplateResult {
  const columns = columnsOf(servers, count);
  return html`<div class="logs" tabindex="0" role="region" aria-label="Logs of the servers">
    <table>
      <thead>
        <tr>
          <th scope="col"><span class="sr">server</span></th>
          ${columns.map(heading)}
          ${columns.length === 0 ? html`<th scope="col">no entries yet</th>` : nothing}
        </tr>
      </thead>
      <tbody>
        ${servers.map((server) => row(server, columns))}
      </tbody>
    </table>
    <div class="legend">
      <span class="key"></span>in the log<span class="key volatile"></span>not on disk yet<span class="key committed"></span
      >committed<span class="key applied"></span>applied; the number is the term
    </div>
  </div>`;
}

/** Numbers that are wider than a column stand above every fifth one; the others are told all the same. */
function heading(index: number, i: number, columns: readonly number[]): TemplateResult {
  const isWide = (columns.at(-1) ?? 0) >= 1_000;
  if (!isWide) return html`<th scope="col">${index}</th>`;
  // At the edges there is no room on both sides.
  const isSeen = index % 5 === 0 && i > 0 && i < columns.length - 1;
  return html`<th scope="col" class="far"><span class=${isSeen ? "seen" : "sr"}>${index}</span></th>`;
}

function row(server: ServerPicture, columns: readonly number[]): TemplateResult {
  const { log } = server;
  const entries = new Map(log.entries.map((entry) => [entry.index, entry]));
  const known = log.entries.length > 0 || log.last === 0 || log.base === log.last;
  return html`<tr>
    <th scope="row">n${server.id}</th>
    ${columns.map((index) => cell(server, index, entries.get(index), known))}
  </tr>`;
}

function cell({ log }: ServerPicture, index: number, entry: EntryPicture | undefined, known: boolean): TemplateResult {
  if (index > log.last) return html`<td></td>`;
  const marks = marksOf(log, index);
  if (entry !== undefined) {
    const title = `entry ${index} of term ${entry.term}${entry.text === "" ? "" : `: ${entry.text}`} (${marks.words})`;
    return html`<td class="entry ${termClass(entry.term)} ${marks.classes}" title=${title}>
      ${entry.term}<span class="sr">, ${marks.words}</span>
    </td>`;
  }
  if (index <= log.base)
    return html`<td class="checkpoint" title="in a checkpoint"><span class="sr">checkpoint</span></td>`;
  return known
    ? html`<td class="known" title="entry ${index} (${marks.words})">·</td>`
    : html`<td class="entry ${termClass(0)} ${marks.classes}" title="entry ${index} (${marks.words})"><span class="sr">${marks.words}</span></td>`;
}

function marksOf(
  { durable, committed, applied }: ServerPicture["log"],
  index: number,
): { readonly classes: string; readonly words: string } {
  const classes: string[] = [];
  const words: string[] = [];
  words.push(index <= applied ? "applied" : index <= committed ? "committed" : "not committed");
  if (index <= committed) classes.push("committed");
  if (index <= applied) classes.push("applied");
  if (index > durable) {
    classes.push("volatile");
    words.push("not on disk yet");
  }
  return { classes: classes.join(" "), words: words.join(", ") };
}
