import DefaultTheme from "vitepress/theme";
import TerrariumScene from "./scene.js";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    // Pages say <terrarium-scene scene="figure-8">; what is inside is for where there is no playground.
    app.component("TerrariumScene", TerrariumScene);
  },
};
