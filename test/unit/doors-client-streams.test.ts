import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { ClientStreams } from "../../src/doors/client-streams.ts";
import type { ClientStream } from "../../src/doors/door.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { carrySession, type SessionCall } from "../../src/rpc/session-stream.ts";
import { MemoryLog } from "./rpc-harness.ts";

/** A stream as some door might carry it: whatever its bytes, messages go in and come out. */
class FakeStream implements ClientStream {
  readonly written: ServerMessage[] = [];
  ended = false;
  sizeOf(): number {
    return 10;
  }
  write(messages: readonly ServerMessage[], taken: () => void): void {
    this.written.push(...messages);
    taken();
  }
  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.ended = true;
  }
}

function twoDoors(max = 10) {
  const told: string[] = [];
  const streams = new ClientStreams({
    handlers: {
      clientMessages: (id, messages) => void told.push(`${id} says ${messages.map(({ type }) => type).join()}`),
      clientDisconnected: (id) => void told.push(`${id} gone`),
    },
    log: new MemoryLog(),
    streamsMax: max,
  });
  const open = () => {
    const stream = new FakeStream();
    return { stream, link: streams.open(stream) };
  };
  return { streams, told, open };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the streams of several doors", () => {
  it("share one row of numbers, and each is told what is for it", async () => {
    const { streams, told, open } = twoDoors();
    const [one, two] = [open(), open()];
    one.link?.received([{ type: "ping", number: 1 }]);
    two.link?.received([{ type: "ping", number: 2 }]);
    streams.send(2, [{ type: "pong", number: 2, quorum: true }]);
    await turn();
    expect(told).toEqual(["1 says ping", "2 says ping"]);
    expect(one.stream.written).toEqual([]);
    expect(two.stream.written).toEqual([{ type: "pong", number: 2, quorum: true }]);
    streams.end();
  });

  it("are reported once when they end, and not when the node ended them", () => {
    const { streams, told, open } = twoDoors();
    const [one, two] = [open(), open()];
    one.link?.ended();
    one.link?.gone();
    streams.close(2);
    two.link?.gone();
    expect(told).toEqual(["1 gone"]);
    expect([one.stream.ended, two.stream.ended, streams.size]).toEqual([true, true, 0]);
  });

  it("are told what is wrong with what they said, and end", () => {
    const { told, open } = twoDoors();
    const { stream, link } = open();
    link?.garbled(new TerrariumError("PROTOCOL_ERROR", "a frame that ends too early"));
    expect(stream.written).toMatchObject([{ type: "refused", failure: { code: "PROTOCOL_ERROR" } }]);
    expect([stream.ended, told]).toEqual([true, ["1 gone"]]);
  });

  it("that are closed or refused decode nothing more", () => {
    for (const close of ["end", "cancelled", "garbage", "node"]) {
      const { streams } = twoDoors();
      const call = Object.assign(new EventEmitter(), {
        ...{ write: () => true, pause: () => {}, resume: () => {}, end: () => {}, destroy: () => {} },
        getPeer: () => "127.0.0.1:50000",
      });
      carrySession(call as unknown as SessionCall, streams);
      let reads = 0;
      const frame = new Proxy(Buffer.of(0xff), {
        get: (target, key) => {
          reads++;
          return Reflect.get(target, key, target) as unknown;
        },
      });
      if (close === "node") streams.close(1);
      else if (close === "garbage") call.emit("data", Buffer.of(0xff));
      else call.emit(close);
      call.emit("data", frame);
      expect([close, reads, streams.size]).toEqual([close, 0, 0]);
    }
  });

  it("are turned away, and told so, when there is no room", () => {
    const { streams, told, open } = twoDoors(1);
    open();
    const { stream, link } = open();
    expect(link).toBeUndefined();
    expect(stream.written).toMatchObject([{ type: "refused", failure: { code: "OVERLOADED" } }]);
    expect([stream.ended, told]).toEqual([true, []]);
    streams.end();
  });
});
