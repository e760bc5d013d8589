/** What is on its way in a simulation: between servers, and between them and their clients. */

import { tellMessage } from "../../../sim/report/tell-events.ts";
import type { Simulation } from "../../../sim/simulation.ts";
import type { SimEvent } from "../../../sim/world/events.ts";
import { unreachable } from "../../../src/base/assert.ts";
import { inShort } from "../../../src/base/operation-traits.ts";
import type { ClientMessage, ServerMessage } from "../../../src/protocol/client-messages.ts";
import { peerMessageKind } from "../../../src/protocol/peer-message-kind.ts";
import type { MessageKind, MessagePicture, Place } from "../../picture/picture.ts";
import type { Memory } from "./memory.ts";

/** Messages that a picture has: more than that nobody can tell apart. */
const messagesMax = 200;

interface Travelling {
  readonly from: Place;
  readonly to: Place;
  readonly kind: MessageKind;
  readonly term: number;
  readonly text: string;
}

const server = (id: number): Place => ({ kind: "server", id });
const client = (id: number): Place => ({ kind: "client", id });

/** The messages that are on their way now. Soonest first. */
export function messagesOf(
  simulation: Simulation,
  waiting: readonly { readonly time: number; readonly item: SimEvent }[],
  memory: Memory,
): MessagePicture[] {
  const messages: MessagePicture[] = [];
  for (const { id, found, time, item } of underWay(simulation, waiting)) {
    const sentUs = memory.timeOf(item.cause) ?? simulation.now;
    messages.push({ id, ...found, sentMs: sentUs / 1000, arrivesMs: time / 1000 });
    if (messages.length >= messagesMax) break;
  }
  return messages;
}

/** The event that brings the message that a picture has under this id. */
export function eventOf(simulation: Simulation, messageId: string): SimEvent | undefined {
  for (const { id, item } of underWay(simulation, simulation.waiting())) if (id === messageId) return item;
  return undefined;
}

function* underWay(simulation: Simulation, waiting: readonly { readonly time: number; readonly item: SimEvent }[]) {
  // Its cause and its ends name a message, in every run of the plan; those of the same turn are numbered.
  const named = new Map<string, number>();
  for (const { time, item } of waiting) {
    const found = travelling(simulation, item);
    if (found === undefined) continue;
    const name = `${item.cause}.${found.from.kind}${found.from.id}.${found.to.kind}${found.to.id}`;
    const nth = (named.get(name) ?? 0) + 1;
    named.set(name, nth);
    yield { id: `${name}.${nth}`, found, time, item };
  }
}

function travelling(simulation: Simulation, event: SimEvent): Travelling | undefined {
  switch (event.kind) {
    case "message": {
      const { from, to, message } = event;
      const term = "term" in message ? message.term : 0;
      return { from: server(from), to: server(to), kind: peerMessageKind(message), term, text: tellMessage(message) };
    }
    case "streamBroken":
      return {
        from: server(event.peer),
        to: server(event.server),
        kind: "broken",
        term: 0,
        text: `the stream from n${event.peer} has broken`,
      };
    case "connect":
    case "toServer":
    case "toClient":
    case "brokenToServer":
    case "brokenToClient":
      return onConnection(simulation, event);
    default:
      return undefined;
  }
}

function onConnection(
  simulation: Simulation,
  event: Extract<SimEvent, { readonly connection: number }>,
): Travelling | undefined {
  const ends = simulation.connection(event.connection);
  if (ends === undefined) return undefined;
  const up = { from: client(ends.client), to: server(ends.server), term: 0 };
  const down = { from: server(ends.server), to: client(ends.client), term: 0 };
  switch (event.kind) {
    case "connect":
      return { ...up, kind: "client", text: "asks for a stream" };
    case "toServer":
      return { ...up, kind: "client", text: event.messages.map(tellUp).join(", ") };
    case "toClient":
      return { ...down, kind: "client", text: event.messages.map(tellDown).join(", ") };
    case "drained":
      return { ...up, kind: "client", text: "has taken what kept its reads waiting" };
    case "brokenToServer":
      return { ...up, kind: "broken", text: "the stream has broken" };
    case "brokenToClient":
      return { ...down, kind: "broken", text: "the stream has broken" };
    default:
      return unreachable(event);
  }
}

function tellUp(message: ClientMessage): string {
  if (message.type !== "request") return message.type;
  const { body } = message;
  if (body.type === "write") return `request ${message.xid}: ${inShort(body.operation)}`;
  if (body.type === "read") return `request ${message.xid}: ${body.read.kind} ${body.read.path}`;
  return `request ${message.xid}: ${body.type}`;
}

function tellDown(message: ServerMessage): string {
  if (message.type === "reply") return `reply to request ${message.xid}: ${message.result.failure?.code ?? "ok"}`;
  if (message.type === "event") return `event: ${message.event.type} ${message.event.path}`;
  return message.type;
}
