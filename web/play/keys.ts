/** The keys that go through a run's time. */
import { speeds } from "./playback.ts";
import type { Timed } from "./state.ts";

/** Does what a key means, unless somebody types or presses a button with it. */
export function timeKey(event: KeyboardEvent, run: Timed): void {
  const [target] = event.composedPath();
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  const isPressing = target instanceof HTMLButtonElement && event.key === " ";
  if (isTyping || isPressing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const speed = speeds.indexOf(run.speed);
  if (event.key === " ") run.playOrPause();
  else if (event.key === "ArrowRight") run.step(event.shiftKey ? "interesting" : "event", false);
  else if (event.key === "ArrowLeft") run.step(event.shiftKey ? "interesting" : "event", true);
  else if (event.key === "+") run.setSpeed(speeds[Math.min(speeds.length - 1, speed + 1)] ?? "auto");
  else if (event.key === "-") run.setSpeed(speeds[Math.max(0, speed - 1)] ?? "auto");
  else return;
  event.preventDefault();
}
