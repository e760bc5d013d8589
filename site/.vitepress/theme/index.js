import { inBrowser, withBase } from "vitepress";
import DefaultTheme from "vitepress/theme";
import "./style.css";

/**
 * Pages say `<terrarium-scene scene="figure-8" at="2735">`. The element is the simulator in one file (web/scene/), too much
 * for pages that have none of it; once it is there it takes all that come. Where it does not come, what is inside stays: a
 * picture.
 */
async function play() {
  if (document.querySelector("terrarium-scene") === null || customElements.get("terrarium-scene") !== undefined) return;
  try {
    await import(/* @vite-ignore */ new URL(withBase("/scene/terrarium-scene.js"), location.href).href);
  } catch (error) {
    console.warn("Scenes stay pictures:", error);
  }
}

export default {
  extends: DefaultTheme,
  enhanceApp({ router }) {
    if (!inBrowser) return;
    const before = router.onAfterPageLoad;
    router.onAfterPageLoad = async (to) => {
      await before?.(to);
      // Behind the rendering of the page that was loaded.
      setTimeout(play);
    };
  },
};
