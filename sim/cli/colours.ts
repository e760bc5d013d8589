/** Colours of a story on a terminal. */
import type { Paint } from "../report/story-text.ts";

/** Bold for turning points, dim for messages, if the standard output is a terminal and NO_COLOR is not set. */
export function paint(): Paint | undefined {
  if (!process.stdout.isTTY || (process.env["NO_COLOR"] ?? "") !== "") return undefined;
  return (weight, text) => {
    if (weight === "turning") return `\u001b[1m${text.startsWith("FAULT") ? "\u001b[31m" : ""}${text}\u001b[0m`;
    return weight === "message" ? `\u001b[2m${text}\u001b[0m` : text;
  };
}
