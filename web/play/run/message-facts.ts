/** A message in full: each field by its own name, as it is on its way; its log entries and commands in words. */
import { tellCommand, tellEntry } from "../../../sim/report/tell-commands.ts";
import type { SimEvent } from "../../../sim/world/events.ts";
import { fromUtf8 } from "../../../src/base/bytes.ts";
import type { ClientMessage, ServerMessage } from "../../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../../src/protocol/peer-messages.ts";
import type { Fact } from "./protocol.ts";

/** Entries, commands and items of a list that are shown, and bytes of data. */
const itemsMax = 12;
const bytesMax = 120;

/** The fields of what an event brings; none if it brings no message. */
export function messageFacts(event: SimEvent): readonly Fact[] {
  if (event.kind === "message") return fieldsOf(event.message);
  if (event.kind === "toServer" || event.kind === "toClient") return event.messages.flatMap(fieldsOf);
  return [];
}

function fieldsOf(message: PeerMessage | ClientMessage | ServerMessage): readonly Fact[] {
  const facts: Fact[] = [["message", message.type]];
  for (const [name, value] of Object.entries(message)) {
    if (name === "type" || value === undefined) continue;
    if (message.type === "AppendEntries" && name === "entries")
      facts.push(
        ...listed(message.entries.map((entry) => [`entry ${entry.index}`, `t${entry.term} ${tellEntry(entry)}`])),
      );
    else if (message.type === "Forward" && name === "commands")
      facts.push(...listed(message.commands.map((data, i) => [`command ${i + 1}`, tellCommand(data)])));
    else facts.push([name, valueText(value)]);
  }
  return facts;
}

function listed(facts: readonly Fact[]): readonly Fact[] {
  if (facts.length === 0) return [["entries", "none"]];
  const more = facts.length - itemsMax;
  return more > 0 ? [...facts.slice(0, itemsMax), ["and", `${more} more`]] : facts;
}

function valueText(value: unknown): string {
  if (value instanceof Uint8Array) {
    if (value.length > bytesMax) return `${value.length} bytes`;
    const text = fromUtf8(value);
    return text.includes("\ufffd") ? `${value.length} bytes` : JSON.stringify(text);
  }
  if (Array.isArray(value)) {
    const shown = value.slice(0, itemsMax).map(valueText);
    return value.length === 0 ? "none" : [...shown, ...(value.length > itemsMax ? ["…"] : [])].join(", ");
  }
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return fields.map(([name, field]) => (name === "type" ? valueText(field) : `${name} ${valueText(field)}`)).join("; ");
}
