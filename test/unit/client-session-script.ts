/** The client's session against a server whose every word the test says. */

import type { Failure, Result } from "../../src/base/operations.ts";
import type { Read, WatchEvent } from "../../src/base/reads.ts";
import { ClientSession, type SessionEffects, type SessionRequest } from "../../src/client/session.ts";
import type { ClientMessage, Request, RequestBody, ServerMessage } from "../../src/protocol/client-messages.ts";

/** A session and a hand-written server: the test says every word of it. */
export class Script {
  now = 0;
  stream = 0;
  endpoint = "";
  sent: ClientMessage[] = [];
  readonly dropped: number[] = [];
  readonly log: string[] = [];
  readonly session: ClientSession<string>;

  constructor(
    endpoints = ["a:1", "b:1", "c:1"],
    resume?: { sessionId: number; password: Uint8Array },
    discover?: boolean,
  ) {
    this.session = new ClientSession(
      { endpoints, timeoutMs: 9_000, random: () => 0.99, resume, holder: 5, discover },
      0,
    );
    this.turn();
  }

  turn(): void {
    const effects: SessionEffects<string> = this.session.takeEffects(this.now);
    this.dropped.push(...effects.disconnect);
    if (effects.connect !== undefined) {
      this.stream = effects.connect.stream;
      this.endpoint = effects.connect.endpoint;
      this.sent = [];
    }
    this.sent.push(...effects.send);
    for (const delivery of effects.deliveries) {
      if (delivery.type === "answer") this.log.push(`${delivery.request.context}: ${outcome(delivery.result)}`);
      if (delivery.type === "failed") this.log.push(`${delivery.request.context}: ${delivery.failure.code}`);
      if (delivery.type === "state") this.log.push(delivery.state);
      if (delivery.type === "violation") this.log.push(`violation: ${delivery.what}`);
      if (delivery.type === "event") {
        for (const watcher of delivery.watchers) this.log.push(`${watcher.context}! ${delivery.event.type}`);
      }
    }
  }

  says(...messages: ServerMessage[]): void {
    this.session.receive(this.stream, messages, this.now);
    this.turn();
  }

  attach(lastRequestId = 0, zxid = 100, instance = 0): void {
    const password = Uint8Array.of(1);
    const cluster = { serverId: 1, clusterId: "c", instance };
    this.says({ type: "connected", sessionId: 7, password, timeoutMs: 9_000, lastRequestId, zxid, ...cluster });
  }

  breaks(trouble: Failure = { code: "NO_SERVER", message: "reset" }): void {
    this.session.streamClosed(this.stream, trouble, this.now);
    this.turn();
  }

  ask(name: string, body: RequestBody, deadline?: number): SessionRequest<string> {
    const request = this.session.submit(body, name, deadline);
    this.turn();
    return request;
  }

  at(now: number): void {
    this.now = now;
    this.session.advance(now);
    this.turn();
  }

  reply(xid: number, zxid: number, result: Result = {}): ServerMessage {
    return { type: "reply", xid, zxid, result };
  }

  get requests(): Request[] {
    return this.sent.filter((message) => message.type === "request");
  }
}

function outcome(result: Result): string {
  return result.failure === undefined ? "ok" : result.failure.code;
}

export const write: RequestBody = { type: "write", operation: { op: "delete", path: "/a", version: -1 } };

export function read(kind: Read["kind"], path: string, watch = false): RequestBody {
  return { type: "read", read: { kind, path, watch, local: false } };
}

export function event(path: string, zxid: number, kind: WatchEvent["kind"] = "data"): ServerMessage {
  return { type: "event", event: { type: "dataChanged", path, zxid, kind } };
}
