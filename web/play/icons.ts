/** The signs on the buttons of time. */
import { html, svg, type TemplateResult } from "lit";

const paths = {
  play: "M5 3.5v11l9-5.5z",
  pause: "M5 3.5h3v11H5zM10 3.5h3v11h-3z",
  next: "M7 4.5v9l6-4.5z",
  previous: "M11 4.5v9L5 9z",
  nextLine: "M4 4.5v9L10 9zM11.5 4.5h2v9h-2z",
  previousLine: "M14 4.5v9L8 9zM4.5 4.5h2v9h-2z",
} as const;

export function icon(name: keyof typeof paths): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 18 18" aria-hidden="true">${svg`<path d=${paths[name]}></path>`}</svg>`;
}
