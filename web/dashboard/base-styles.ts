/** What the page has around its element. */
import { css } from "lit";

export const baseStyles = css`
  :root {
    color-scheme: light dark;
    background: light-dark(#f1f3f6, #0f1217);
  }
  body { margin: 0; }
  noscript { display: block; padding: 2rem; font: 1rem system-ui, sans-serif; }
`;
