import type { ConnectionId } from "./ports.ts";

/** The last word of a session: the connection on which it came, and the number of the newest ping there (0 = none). */
export interface Spoken {
  readonly connection: ConnectionId;
  readonly ping: number;
}
