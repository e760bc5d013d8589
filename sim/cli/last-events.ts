/** Remembers the last moments of a run. */

import { tellEvent } from "../report/tell-events.ts";
import type { SimEvent } from "../world/events.ts";
import type { Observer } from "../world/observer.ts";

export class LastEvents implements Observer {
  readonly name = "last events";
  readonly #max: number;
  #events: { readonly event: SimEvent; readonly sequence: number; readonly timeUs: number }[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  event(event: SimEvent, sequence: number, timeUs: number): void {
    if (event.kind === "tick" || event.kind === "clientTimer" || event.kind === "poll") return;
    this.#events.push({ event, sequence, timeUs });
    if (this.#events.length > 4 * this.#max) this.#events = this.#events.slice(-this.#max);
  }

  /** One line each: time, id, cause, what. */
  lines(): string[] {
    return this.#events.slice(-this.#max).map(({ event, sequence, timeUs }) => {
      const time = (timeUs / 1000).toFixed(3).padStart(12);
      const ids = `#${sequence} ← #${event.cause}`;
      return `${time} ms  ${ids.padEnd(17)} ${tellEvent(event)}`;
    });
  }
}
