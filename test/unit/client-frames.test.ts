import { describe, expect, it } from "vitest";
import { splitFrames } from "../../src/client/frames.ts";
import type { ClientMessage } from "../../src/protocol/client-messages.ts";

/** Messages whose number is their size. */
const sized = (...sizes: number[]): ClientMessage[] => sizes.map((number) => ({ type: "ping", number }));

function frames(...sizes: number[]): number[][] {
  const size = (message: ClientMessage) => (message.type === "ping" ? message.number : 0);
  return splitFrames(sized(...sizes), 10, size).map((frame) => frame.map(size));
}

describe("frames", () => {
  it("hold what fits, in order", () => {
    expect(frames(4, 6, 1, 9, 5)).toEqual([[4, 6], [1, 9], [5]]);
  });

  it("hold a message alone that is over the target", () => {
    expect(frames(3, 50, 3)).toEqual([[3], [50], [3]]);
    expect(frames(50)).toEqual([[50]]);
  });

  it("are none for no messages", () => {
    expect(frames()).toEqual([]);
  });
});
