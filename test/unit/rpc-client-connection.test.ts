import { describe, expect, it } from "vitest";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { ClientConnection, type SessionCall } from "../../src/rpc/client-connection.ts";

/** A call whose client takes a frame when it is told to. */
class SlowCall {
  readonly taken: (() => void)[] = [];
  paused = false;
  write(_frame: Buffer, taken: () => void): void {
    this.taken.push(taken);
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

const answer = (bytes: number): ServerMessage => ({
  type: "reply",
  xid: 1,
  zxid: 1,
  result: { data: new Uint8Array(bytes) },
});

describe("a client that reads slowly", () => {
  it("is not heard while more waits for it than its limit", () => {
    const call = new SlowCall();
    let overloads = 0;
    const connection = new ClientConnection(call as unknown as SessionCall, () => overloads++, 1_000_000, 60_000);
    const push = (bytes: number): void => {
      connection.push([answer(bytes)]);
      connection.flush();
    };
    for (let i = 0; i < 4; i++) push(300_000);
    expect(call.paused).toBe(false);
    for (let i = 0; i < 3; i++) push(300_000);
    expect(call.paused).toBe(true);
    for (let i = 0; i < 2; i++) call.taken.shift()?.();
    expect(call.paused).toBe(true);
    for (let i = 0; i < 3; i++) call.taken.shift()?.();
    expect(call.paused).toBe(false);
    expect(overloads).toBe(0);
  });
});
