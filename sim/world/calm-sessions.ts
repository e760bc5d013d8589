/** What has to become of sessions once the faults are over: those that nobody holds end, and clients hear that theirs live. */
import type { ClientView, NodeView } from "./view.ts";

/** A client, and since when it is sure of its session. */
export interface Holder extends Pick<ClientView, "id" | "sessionId"> {
  /** When it sent the newest word of which it knows that the leader heard it, virtual ms. */
  readonly provenAtMs: number;
}

/** Sessions that go on at the leader though no client holds them, one clause each. */
export function abandonedSessions({ machine }: NodeView, holders: readonly Holder[]): string[] {
  const held = new Set(holders.map(({ sessionId }) => sessionId));
  return [...machine.sessions()].flatMap(({ id }) =>
    held.has(id) ? [] : [`session ${id}, which no client holds, has not ended`],
  );
}

/** Clients that the leader has not heard since `sinceMs`, as far as they know, one clause each. */
export function uncertainClients(holders: readonly Holder[], sinceMs: number): string[] {
  return holders.flatMap(({ id, provenAtMs }) =>
    provenAtMs >= sinceMs ? [] : [`client ${id} was not told that its session lives`],
  );
}
