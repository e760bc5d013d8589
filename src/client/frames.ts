/** Packing messages in frames. */
import type { ClientMessage } from "../protocol/client-messages.ts";

/**
 * Groups messages, in order, so that each group has at most `bytesMax` bytes by `size`, or only one message. Few
 * messages are the rule: then nothing is copied.
 */
export function splitFrames(
  messages: readonly ClientMessage[],
  bytesMax: number,
  size: (message: ClientMessage) => number,
): readonly (readonly ClientMessage[])[] {
  const frames: (readonly ClientMessage[])[] = [];
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    const more = message === undefined ? 0 : size(message);
    if (i > start && bytes + more > bytesMax) {
      frames.push(messages.slice(start, i));
      start = i;
      bytes = 0;
    }
    bytes += more;
  }
  if (start === 0) return messages.length > 0 ? [messages] : [];
  frames.push(messages.slice(start));
  return frames;
}
