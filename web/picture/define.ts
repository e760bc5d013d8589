/** Makes `<terrarium-scene>` known to a page that feeds it pictures. */
import { TerrariumScene } from "./scene.ts";

customElements.define("terrarium-scene", TerrariumScene);
