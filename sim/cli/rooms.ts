/** The files that a simulated cluster is made of, and that a run should therefore reach. */
import { readdirSync } from "node:fs";
import { root } from "./root.ts";

const rooms = ["src/raft", "src/znode", "src/storage", "src/node", "src/client"];

/** Files of these rooms that no run can reach. */
const elsewhere: readonly RegExp[] = [
  // LevelDB's door to the disk: the simulator has a disk of its own.
  /^src\/storage\/level-/,
  // What `terrarium restore` and `terrarium recover` do to a data directory while no server runs.
  /^src\/storage\/(restore|survivor)\.ts$/,
  // Of the client, its session is simulated.
  /^src\/client\/(?!session)/,
];

/** Paths from the root of the checkout, sorted. */
export function roomFiles(): readonly string[] {
  return rooms
    .flatMap((room) => readdirSync(root + room, { recursive: true, encoding: "utf8" }).map((name) => `${room}/${name}`))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !elsewhere.some((pattern) => pattern.test(file)))
    .sort();
}
