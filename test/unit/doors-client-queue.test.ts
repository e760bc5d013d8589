import { describe, expect, it } from "vitest";
import { ClientQueue } from "../../src/doors/client-queue.ts";
import type { ClientStream } from "../../src/doors/door.ts";
import { serverMessageBytes } from "../../src/protocol/client-codec.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";

/** A stream whose client takes a frame when it is told to. */
class SlowStream implements ClientStream {
  readonly taken: (() => void)[] = [];
  paused = false;
  sizeOf = serverMessageBytes;
  write(_messages: readonly ServerMessage[], taken: () => void): void {
    this.taken.push(taken);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {}
  destroy(): void {}
}

const answer = (bytes: number): ServerMessage => ({
  type: "reply",
  xid: 1,
  zxid: 1,
  result: { data: new Uint8Array(bytes) },
});

describe("a client that reads slowly", () => {
  it("is not heard while more waits for it than its limit", () => {
    const stream = new SlowStream();
    let overloads = 0;
    const connection = new ClientQueue(stream, () => overloads++, 1_000_000, 60_000);
    const push = (bytes: number): void => {
      connection.push([answer(bytes)]);
      connection.flush();
    };
    for (let i = 0; i < 4; i++) push(300_000);
    expect(stream.paused).toBe(false);
    for (let i = 0; i < 3; i++) push(300_000);
    expect(stream.paused).toBe(true);
    for (let i = 0; i < 2; i++) stream.taken.shift()?.();
    expect(stream.paused).toBe(true);
    for (let i = 0; i < 3; i++) stream.taken.shift()?.();
    expect(stream.paused).toBe(false);
    expect(overloads).toBe(0);
  });
});
