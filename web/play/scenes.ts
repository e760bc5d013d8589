/** The scenes of sim/scenes, in the page. */
import { scenes } from "virtual:scenes";
import { checkScene, type Scene } from "../../sim/scenes/scene.ts";

/** All of them, by name. */
export const allScenes: readonly Scene[] = scenes.map(({ name, scene }) => checkScene(name, scene));
