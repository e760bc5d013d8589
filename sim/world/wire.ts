/**
 * What messages are while they travel. Mostly the objects themselves, which is fast. In a share of the runs every frame
 * becomes bytes and is read again, so that codecs and their checks of meaning are simulated too: what a correct server says
 * must be what another one can read, and mean the same there.
 */

import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
} from "../../src/protocol/client-codec.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { decodePeerFrame, encodePeerFrame } from "../../src/protocol/peer-codec.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";

/** Takes messages from the sender, and gives those that arrive. */
export interface Wire {
  peer(message: PeerMessage): PeerMessage;
  client(messages: readonly ClientMessage[]): readonly ClientMessage[];
  server(messages: readonly ServerMessage[]): readonly ServerMessage[];
}

/** Messages travel as they are. */
export const asObjects: Wire = {
  peer: (message) => message,
  client: (messages) => messages,
  server: (messages) => messages,
};

/** Messages travel as bytes. A frame that its reader refuses ends the run: nobody says what nobody can read. */
export const asBytes: Wire = {
  peer: (message) => {
    const [read, ...more] = decodePeerFrame(encodePeerFrame([message]));
    if (read === undefined || more.length > 0) throw new Error("a frame of one message was read as one of several");
    return read;
  },
  client: (messages) => decodeClientFrame(encodeClientFrame(messages)),
  server: (messages) => decodeServerFrame(encodeServerFrame(messages)),
};
