/** Whether an answer keeps to the rooms, as `npm run lint` asks of the checkout: rules of Raft read no clock and no file. */
import { pathToFileURL } from "node:url";
import { root } from "../../sim/cli/root.ts";
import type { Problem } from "./compile.ts";

/** A script, and not compiled. */
interface Rooms {
  /** Sentences, each with "path:line: " before it. */
  checkFile(path: string, text: string): string[];
}

const rooms = (await import(pathToFileURL(`${root}scripts/check-rooms.js`).href)) as Rooms;

/** What files, by path from the root of the checkout, have that their rooms do not allow. */
export function outOfRoom(files: ReadonlyMap<string, string>): Problem[] {
  return [...files].flatMap(([file, text]) =>
    rooms.checkFile(file, text).map((problem) => {
      const [, at = "0", message = problem] = /^[^:]+:(\d+): (.*)$/.exec(problem) ?? [];
      const line = Number(at);
      return { file, line, column: 0, message, text: text.split("\n")[line - 1]?.trim() ?? "" };
    }),
  );
}
