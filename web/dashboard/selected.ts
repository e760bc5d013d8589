/** More about what was pointed at in the picture, on a line. */
import { html, nothing, type TemplateResult } from "lit";
import type { ClusterView, ObservedServer, ObservedSession } from "../../src/http/observed.ts";
import type { Selection } from "../picture/picture.ts";
import { flowOf } from "./flow.ts";
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
  if (selected?.kind === "link") {
    const { from, to } = selected;
    return line(`n${from} – n${to}`, [linkWords(servers, from, to), linkWords(servers, to, from)]);
  }
  return nothing;
}

function line(name: string, words: readonly string[]): TemplateResult {
  return html`<p class="selected"><strong>${name}</strong> ${words.filter((word) => word !== "").join("; ")}</p>`;
}

function serverWords({ glimpse, silence, peerAddress, clientAddress }: ObservedServer): string[] {
  const places = [`clients ${clientAddress}`, `peers ${peerAddress}`];
  if (glimpse === null) return [silence ?? "", ...places];
  const { ready, reason, firstIndex, lastIndex, durableIndex, checkpointIndex, znodes, watches } = glimpse.status;
  return [
    silence ?? (ready ? "ready" : `not ready: ${reason ?? "it starts"}`),
    ...places,
    `log ${count(firstIndex)} to ${count(lastIndex)}, on disk to ${count(durableIndex)}, checkpoint at ${count(checkpointIndex)}`,
    `${count(znodes)} znodes, ${count(watches)} watches of its clients`,
    ...glimpse.links.flatMap((link) => {
      const flow = silence === null && link.connected ? flowOf(link) : undefined;
      return flow === undefined ? [] : [`to n${link.id} ${flow.text}`];
    }),
  ];
}

/** What a server says of its stream to another one. */
function linkWords(servers: readonly ObservedServer[], from: number, to: number): string {
  const name = `n${from} → n${to}`;
  const server = servers.find(({ id }) => id === from);
  const link = server?.silence === null ? server.glimpse?.links.find(({ id }) => id === to) : undefined;
  if (link === undefined) return `${name}: not known`;
  if (!link.connected) return `${name}: no stream`;
  const lost = link.droppedMessages > 0 ? `, ${count(link.droppedMessages)} dropped so far` : "";
  return `${name}: ${flowOf(link)?.text ?? "nothing"}${lost}`;
}

function sessionWords({ id, attachedTo, ephemeralCount, lastRequestId }: ObservedSession): string[] {
  const where = attachedTo === null ? "attached to no server" : `attached to n${attachedTo}`;
  return [`session ${id}, ${where}`, `${count(lastRequestId)} writes`, `${count(ephemeralCount)} ephemerals`];
}
