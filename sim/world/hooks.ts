/** Where faults may strike in the middle of what a server does. */
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerView } from "./view.ts";

/** Told what clients have just heard; may break their connections there. */
export interface ClientHooks {
  readonly armed: boolean;
  hears(server: ServerView, client: number, messages: readonly ServerMessage[]): void;
}

/** Told what a server is about to do or has just done; may kill it there. */
export interface ServerHooks {
  /** Whether anything waits for the others: spares the calls if not. */
  readonly armed: boolean;
  receives(server: ServerView, message: PeerMessage): void;
  sends(server: ServerView, message: PeerMessage): void;
  writes(server: ServerView): void;
  persists(server: ServerView): void;
  /** As leader, it hands entries out to be applied; its messages and answers of the turn have not left. */
  commits(server: ServerView): void;
  answers(server: ServerView): void;
  /** It took an input or flushed: it may have become leader. */
  step(server: ServerView): void;
}
