/** The scenes in `sim/scenes/`, from their files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkScene, type Scene } from "../scenes/scene.ts";
import { UsageError } from "./command.ts";
import { root } from "./root.ts";

const folder = (): string => join(root, "sim/scenes");

/** Names of all scenes, sorted. */
export function sceneNames(): string[] {
  return readdirSync(folder())
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

/** The scene of that name. Throws {@link UsageError} with the names that there are. */
export function readScene(name: string): Scene {
  const names = sceneNames();
  if (!names.includes(name)) throw new UsageError(`There is no scene "${name}"; the scenes are ${names.join(", ")}.`);
  return checkScene(name, JSON.parse(readFileSync(join(folder(), `${name}.json`), "utf8")));
}
