// A scene of the simulator, played in the page by the playground. Where there is none: what is inside, a picture or words.

import { withBase } from "vitepress";
import { defineComponent, h, onMounted, ref } from "vue";

export default defineComponent({
  props: { scene: { type: String, required: true } },
  setup({ scene }, { slots }) {
    const page = withBase(`/play/index.html#scene=${encodeURIComponent(scene)}`);
    const there = ref(false);
    const opened = ref(false);
    onMounted(async () => {
      try {
        const answer = await fetch(withBase("/play/manifest.json"));
        there.value = answer.ok && (await answer.json()).page === "play";
      } catch {
        there.value = false;
      }
    });
    const open = () => {
      opened.value = true;
    };
    return () =>
      h("div", { class: "scene" }, [
        opened.value ? h("iframe", { src: page, title: `The scene ${scene}, played` }) : slots.default?.(),
        there.value && !opened.value
          ? h("button", { type: "button", onClick: open }, `Play the scene ${scene} here`)
          : undefined,
        there.value ? h("a", { href: page, target: "_blank" }, "Open it in the playground") : undefined,
      ]);
  },
});
