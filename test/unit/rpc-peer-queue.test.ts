import { describe, expect, it } from "vitest";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import { frameTargetBytes, keptOfflineMax, PeerQueue } from "../../src/rpc/peer-queue.ts";

function append(index: number, bytes: number): PeerMessage {
  const entry = { index, term: 1, kind: "command" as const, data: new Uint8Array(bytes) };
  return {
    type: "AppendEntries",
    term: 1,
    prevLogIndex: index - 1,
    prevLogTerm: 1,
    entries: bytes > 0 ? [entry] : [],
    leaderCommit: 0,
    readRound: 0,
    noReply: false,
  };
}

function readIndex(readId: number): PeerMessage {
  return { type: "ReadIndex", term: 1, readId };
}

function prevIndexes(messages: readonly PeerMessage[]): number[] {
  return messages.flatMap((message) => (message.type === "AppendEntries" ? [message.prevLogIndex] : []));
}

describe("the queue of messages for a peer", () => {
  it("lets small messages overtake bulk, and keeps the order within each", () => {
    const queue = new PeerQueue();
    queue.push([append(1, 10), readIndex(1), append(2, 0), readIndex(2)]);
    const frame = queue.takeFrame();
    expect(frame.map((message) => message.type)).toEqual(["ReadIndex", "ReadIndex", "AppendEntries", "AppendEntries"]);
    expect(prevIndexes(frame)).toEqual([0, 1]);
    expect(queue.isEmpty).toBe(true);
    expect(queue.bytes).toBe(0);
  });

  it("bounds a frame, so that a small message waits behind one frame at most", () => {
    const queue = new PeerQueue();
    const size = Math.floor(frameTargetBytes * 0.4);
    for (let index = 1; index <= 5; index++) queue.push([append(index, size)]);
    expect(prevIndexes(queue.takeFrame())).toEqual([0, 1]);
    queue.push([readIndex(7)]);
    const next = queue.takeFrame();
    expect(next[0]).toEqual(readIndex(7));
    expect(prevIndexes(next)).toEqual([2, 3]);
    expect(prevIndexes(queue.takeFrame())).toEqual([4]);
  });

  it("sends a message over the frame's target alone", () => {
    const queue = new PeerQueue();
    queue.push([append(1, frameTargetBytes * 2), append(2, 1)]);
    expect(prevIndexes(queue.takeFrame())).toEqual([0]);
    expect(prevIndexes(queue.takeFrame())).toEqual([1]);
  });

  it("drops the newest beyond its limit and counts it", () => {
    const queue = new PeerQueue(3000);
    queue.push([append(1, 1000), append(2, 1000), append(3, 1000), readIndex(1)]);
    expect(queue.droppedMessages).toBe(1);
    expect(queue.bytes).toBeLessThanOrEqual(3000);
    expect(prevIndexes(queue.takeFrame())).toEqual([0, 1]);
  });

  it("keeps only the newest small messages for a peer that is away", () => {
    const queue = new PeerQueue();
    queue.pushOffline([append(1, 100)]);
    for (let readId = 1; readId <= keptOfflineMax + 5; readId++) queue.pushOffline([readIndex(readId)]);
    const frame = queue.takeFrame();
    expect(frame).toHaveLength(keptOfflineMax);
    expect(frame[0]).toEqual(readIndex(6));
    expect(queue.droppedMessages).toBe(6);
    expect(queue.bytes).toBe(0);
  });
});
