/** The worker in which the simulation runs: it answers the page, and looks ahead while nobody asks. */
import { unreachable } from "../../src/base/assert.ts";
import { Hunt } from "./run/hunt.ts";
import { Player } from "./run/player.ts";
import type { FromWorker, ToWorker } from "./run/protocol.ts";

/** How long a frame may be worked at, and how long it is looked ahead at a stretch, ms. */
const frameMs = 24;
const sliceMs = 8;

/** How long the next line of the story is looked for, ms. */
const searchMs = 2_000;

const now = (): number => performance.now();

let player: Player | undefined;
let isScheduled = false;
let toldAt = 0;
/** Whether the page was told of the run up to its end: its verdict comes last, and must not wait for a next time. */
let isWholeTold = false;

function post(message: FromWorker): void {
  postMessage(message);
}

/** Tells of the run ahead, a few times a second while it goes on, and once it is known to its end. */
function tellRun(isUrgent: boolean): void {
  if (player === undefined) return;
  const isNowWhole = player.isKnown && !isWholeTold;
  if (!isUrgent && !isNowWhole && now() - toldAt < 150) return;
  toldAt = now();
  isWholeTold = player.isKnown;
  post({ type: "run", run: player.takeRun() });
}

function lookAhead(): void {
  isScheduled = false;
  if (player === undefined || player.isIdle) return;
  player.work(sliceMs);
  if (!isWholeTold) tellRun(false);
  schedule();
}

function schedule(): void {
  if (isScheduled || player === undefined || player.isIdle) return;
  isScheduled = true;
  // Behind the messages that wait.
  setTimeout(lookAhead, 0);
}

function answer(current: Player): void {
  if (!isWholeTold) tellRun(false);
  post({ type: "moment", moment: current.moment() });
  schedule();
}

/** Does what changes the plan. */
function change(current: Player, refusal: string | undefined): void {
  if (refusal !== undefined) return post({ type: "refused", sentence: refusal });
  post({ type: "plan", plan: current.plan, struck: current.struck });
  tellRun(true);
  answer(current);
}

function hunt(seedFrom: number): void {
  const hunting = new Hunt(now, seedFrom);
  const next = (): void => {
    const found = hunting.next((hunt) => post({ type: "hunting", hunt }));
    post({ type: "hunting", hunt: found });
    if (found.state !== "found") setTimeout(next, 0);
  };
  next();
}

function handle(message: ToWorker): void {
  if (message.type === "hunt") return hunt(message.seedFrom);
  if (message.type === "load") {
    const { plan, goal, scene, steps } = message;
    player = new Player(now, { plan, goal, scene });
    player.seekSteps(steps);
    tellRun(true);
    return answer(player);
  }
  if (player === undefined) return;
  switch (message.type) {
    case "advance":
      player.advance(message.toUs, frameMs);
      break;
    case "step":
      if (message.by === "interesting") player.interesting(message.back, searchMs);
      else if (message.back) player.previous();
      else player.next();
      tellRun(true);
      break;
    case "seek":
      player.seek(message.toUs);
      break;
    case "look":
      player.look(message.at, message.trees);
      break;
    case "inject":
      return change(player, player.inject(message.action));
    case "perform":
      return change(player, player.perform(message.client, message.step));
    default:
      return unreachable(message);
  }
  answer(player);
}

addEventListener("message", (event: MessageEvent<ToWorker>) => handle(event.data));
