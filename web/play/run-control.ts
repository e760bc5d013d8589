/**
 * A run of a plan in a worker, with time that goes both ways: play, pause, steps, and any moment at once. What the
 * playground and a scene that plays within some page have in common.
 */
import type { Bug } from "virtual:bugs";
import type { Plan } from "../../sim/plan/plan.ts";
import type { Scene } from "../../sim/scenes/scene.ts";
import { shown } from "../picture/shown.ts";
import { Playback } from "./playback.ts";
import type { FromWorker, Line, Moment, RunSoFar, ToWorker } from "./run/protocol.ts";
import { Simulator } from "./simulator.ts";
import type { Speed } from "./state.ts";

/** What is to be run. */
export interface Started {
  readonly plan: Plan;
  /** One of the goals, or "". */
  readonly goal: string;
  readonly scene: Scene | undefined;
  readonly bug: Bug | undefined;
  /** Events to take before it is shown. */
  readonly steps: number;
}

/** Who is told. */
export interface RunListener {
  /** Something is to be drawn anew. */
  changed(): void;
  /** A sentence for whoever looks at the page. */
  say(sentence: string): void;
  /** A moment has come, after `before`. */
  arrived(moment: Moment, before: Moment | undefined): void;
  /** Something was done by hand, and is part of the plan now. */
  planned(plan: Plan): void;
}

/** Holds one run at a time, and what is known of it. */
export class RunControl {
  moment: Moment | undefined;
  run: RunSoFar | undefined;
  /** The whole story, as far as it is known. */
  lines: readonly Line[] = [];
  isPlaying = false;
  speed: Speed = "auto";
  readonly #listener: RunListener;
  readonly #playback = new Playback();
  #simulator: Simulator | undefined;
  /** Whether the worker owes a moment; and where one wants to go once it has given it. */
  #isAsked = false;
  #wanted: ToWorker | undefined;

  constructor(listener: RunListener) {
    this.#listener = listener;
  }

  /** Begins a run, instead of the one that there was. */
  start({ plan, goal, scene, bug, steps }: Started): void {
    this.end();
    this.moment = undefined;
    this.run = undefined;
    this.lines = [];
    this.#wanted = undefined;
    this.#simulator = new Simulator(
      bug,
      (message) => this.#hear(message),
      (sentence) => this.#listener.say(shown(sentence, 300)),
    );
    this.#isAsked = true;
    this.#simulator.send({ type: "load", plan, goal, scene, steps });
    this.#listener.changed();
  }

  /** Ends the worker; what is known of the run stays. */
  end(): void {
    this.isPlaying = false;
    this.#simulator?.end();
    this.#simulator = undefined;
  }

  playOrPause(): void {
    if (this.isPlaying) return this.pause();
    if (this.moment?.isOver === true) this.seek(0);
    this.isPlaying = true;
    this.#playback.reset();
    requestAnimationFrame(this.#frame);
    this.#listener.changed();
  }

  pause(): void {
    this.isPlaying = false;
    this.#listener.changed();
  }

  setSpeed(speed: Speed): void {
    this.speed = speed;
    this.#playback.reset();
    this.#listener.changed();
  }

  /** One event, or one thing that matters, back or on. */
  step(by: "event" | "interesting", back: boolean): void {
    this.pause();
    this.#ask({ type: "step", by, back });
  }

  /** To a moment, µs. */
  seek(toUs: number): void {
    this.#ask({ type: "seek", toUs });
  }

  /** Asks for something that must not be left out. */
  send(message: ToWorker): void {
    this.#isAsked = true;
    this.#simulator?.send(message);
  }

  #hear(message: FromWorker): void {
    switch (message.type) {
      case "moment":
        return this.#arrived(message.moment);
      case "run":
        if (message.run.number !== this.run?.number) this.lines = [];
        if (message.run.lines.length > 0) this.lines = [...this.lines, ...message.run.lines];
        this.run = message.run;
        break;
      case "plan":
        this.#listener.planned(message.plan);
        break;
      case "refused":
        this.#listener.say(message.sentence);
        break;
      case "hunting":
        return;
    }
    this.#listener.changed();
  }

  #arrived(moment: Moment): void {
    const before = this.moment;
    this.moment = moment;
    this.#isAsked = false;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted !== undefined) this.#ask(wanted);
    if (moment.isOver || (moment.isBroken && before?.isBroken !== true)) this.isPlaying = false;
    this.#listener.arrived(moment, before);
    this.#listener.changed();
  }

  /** Asks for a moment; while one is owed, only the newest wish is kept. */
  #ask(message: ToWorker): void {
    if (this.#isAsked) {
      this.#wanted = message;
      return;
    }
    this.#isAsked = true;
    this.#simulator?.send(message);
  }

  readonly #frame = (time: number): void => {
    if (!this.isPlaying) return;
    requestAnimationFrame(this.#frame);
    if (this.moment === undefined || this.#isAsked) return;
    const toUs = this.moment.us + this.#playback.passed(time, this.speed, this.moment.picture);
    this.#ask({ type: "advance", toUs });
  };
}
