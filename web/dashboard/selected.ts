/** More about what was pointed at in the picture, on a line. */
import { html, nothing, type TemplateResult } from "lit";
import type { ClusterView, ObservedSession, ServerView } from "../../src/http/observed.ts";
import type { Selection } from "../picture/picture.ts";
import { count } from "./words.ts";

/** `sessions`: those in the picture. */
export function selectedWords(
  { servers }: ClusterView,
  sessions: readonly ObservedSession[],
  selected: Selection | undefined,
): TemplateResult | typeof nothing {
  if (selected?.kind === "server") {
    const server = servers.find(({ id }) => id === selected.id);
    if (server !== undefined) return line(`n${server.id}`, serverWords(server));
  }
  if (selected?.kind === "client") {
    const session = sessions[selected.id - 1];
    if (session !== undefined) return line(`c${selected.id}`, sessionWords(session));
  }
  return nothing;
}

function line(name: string, words: readonly string[]): TemplateResult {
  return html`<p class="selected"><strong>${name}</strong> ${words.filter((word) => word !== "").join("; ")}</p>`;
}

function serverWords({ glimpse, silence, peerAddress, clientAddress }: ServerView): string[] {
  const places = [`clients ${clientAddress}`, `peers ${peerAddress}`];
  if (glimpse === null) return [silence ?? "", ...places];
  const { ready, reason, firstIndex, lastIndex, durableIndex, checkpointIndex, znodes, watches } = glimpse.status;
  return [
    silence ?? (ready ? "ready" : `not ready: ${reason ?? "it starts"}`),
    ...places,
    `log ${count(firstIndex)} to ${count(lastIndex)}, on disk to ${count(durableIndex)}, checkpoint at ${count(checkpointIndex)}`,
    `${count(znodes)} znodes, ${count(watches)} watches of its clients`,
  ];
}

function sessionWords({ id, attachedTo, ephemeralCount, lastRequestId }: ObservedSession): string[] {
  const where = attachedTo === null ? "attached to no server" : `attached to n${attachedTo}`;
  return [`session ${id}, ${where}`, `${count(lastRequestId)} writes`, `${count(ephemeralCount)} ephemerals`];
}
