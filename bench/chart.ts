/** A chart of measurements as SVG: a group of bars for each case, a bar for each system. */
import type { Row } from "./report.ts";

const colours = ["#2f6f9f", "#7fb2d6", "#c77d3a", "#6a9a4b", "#8a6bb1"];
const width = 760;
const barHeight = 16;
const groupGap = 14;
const left = 130;
const right = 90;
const top = 44;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Operations a second of each row, the longest bar as wide as the chart. */
export function chartOf(rows: readonly Row[], title: string): string {
  const systems = [...new Set(rows.map(({ system }) => system))];
  const most = Math.max(1, ...rows.map(({ operationsPerSecond }) => operationsPerSecond));
  const parts: string[] = [];
  systems.forEach((system, i) => {
    const x = left + i * 120;
    parts.push(`<rect x="${x}" y="22" width="12" height="12" fill="${colours[i % colours.length]}"/>`);
    parts.push(`<text x="${x + 17}" y="32">${escaped(system)}</text>`);
  });
  let y = top;
  let group = "";
  for (const row of rows) {
    const name = `${row.operation}, ${row.outstanding}`;
    if (name !== group) {
      y += groupGap;
      parts.push(`<text x="${left - 8}" y="${y + 12}" text-anchor="end">${escaped(name)}</text>`);
      group = name;
    }
    const length = (row.operationsPerSecond / most) * (width - left - right);
    const colour = colours[systems.indexOf(row.system) % colours.length];
    parts.push(
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 2}" fill="${colour}"/>`,
      `<text x="${(left + length + 5).toFixed(1)}" y="${y + 12}">${Math.round(row.operationsPerSecond).toLocaleString("en")}</text>`,
    );
    y += barHeight;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 12}" font-family="sans-serif" font-size="12">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="white"/>
<text x="8" y="14" font-weight="bold">${escaped(title)}</text>
${parts.join("\n")}
</svg>
`;
}
