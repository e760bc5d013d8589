/** Server-sent events out of a stream of text, as far as `/events` uses them. Pure. */

/** An event that has come whole. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** More than any event of a server has; what is longer does not come from one. Code units. */
const eventMax = 8 * 1024 * 1024;

/** Collects text until it makes events. */
export class EventReader {
  #rest = "";

  /** Takes the next text, however it was cut; returns the events that are whole by now. Throws if one has no end. */
  push(text: string): ServerEvent[] {
    this.#rest += text;
    const blocks = this.#rest.split("\n\n");
    this.#rest = blocks.pop() ?? "";
    if (this.#rest.length > eventMax) throw new Error("what comes from there is no event");
    return blocks.flatMap(eventOf);
  }
}

function eventOf(block: string): ServerEvent[] {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return data.length === 0 ? [] : [{ name, data: data.join("\n") }];
}
