/** Lets virtual time pass with real time, a frame at a time: the worker is asked for the next moment when it gave the last. */
import type { Picture } from "../picture/picture.ts";
import type { Speed } from "./state.ts";

/** Speeds that one may choose, in virtual time for real time. */
export const speeds: readonly Speed[] = ["auto", 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

/** `auto` goes at these speeds: while messages that matter are on their way, and while none are. */
const slow = 0.012;
const fast = 0.6;

/** After a pause of the page no more than this much real time counts, ms. */
const frameMax = 60;

export function speedName(speed: Speed): string {
  if (speed === "auto") return "auto";
  return speed >= 1 ? `${speed}×` : `1/${Math.round(1 / speed)}×`;
}

/** Plays a run: asks for the picture of each next moment, at the speed that is set. */
export class Playback {
  #lastFrame: number | undefined;
  #pace = slow;

  /** To be called when playing begins anew. */
  reset(): void {
    this.#lastFrame = undefined;
    this.#pace = slow;
  }

  /** Virtual µs that have passed by `frame` (ms, as given to an animation's frame) since the frame before. */
  passed(frame: number, speed: Speed, picture: Picture): number {
    const ms = Math.min(frameMax, frame - (this.#lastFrame ?? frame - 16));
    this.#lastFrame = frame;
    if (speed !== "auto") return ms * 1000 * speed;
    const wanted = isBusy(picture) ? slow : fast;
    // It slows down at once, so that nothing is missed, and speeds up gently.
    this.#pace = wanted < this.#pace ? wanted : Math.min(wanted, this.#pace * 1.09 ** (ms / 16));
    return ms * 1000 * this.#pace;
  }
}

/** Whether something is on its way that one wants to see: more than heartbeats, and what clients say to stay alive. */
function isBusy({ messages, nowMs }: Picture): boolean {
  return messages.some(
    ({ kind, arrivesMs, text }) =>
      // What is held back for long is no reason to wait for it.
      arrivesMs - nowMs < 40 &&
      (kind === "vote" ||
        kind === "append" ||
        kind === "snapshot" ||
        (kind === "client" && /request|connect|reply|event/.test(text))),
  );
}
