/** The rules that the playground shows beside an event are where web/play/rules.json says, whole. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { functionText, rulesOf } from "../../scripts/web/embedded.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("every rule is found, from its comment to its closing brace", () => {
  const rules = rulesOf(root, true);
  expect(Object.keys(rules).length).toBeGreaterThan(20);
  for (const [id, { file, symbol, text, from, to }] of Object.entries(rules)) {
    const lines = text.split("\n");
    expect(lines, id).toHaveLength(to - from + 1);
    expect(lines.at(-1), id).toBe("}");
    expect(
      lines.some((line) => line.includes(`${symbol}(`)),
      id,
    ).toBe(true);
    expect(
      readFileSync(root + file, "utf8")
        .split("\n")
        [from - 1]?.trim(),
      id,
    ).toBe(lines[0]);
  }
});

it("every id that the page asks for has its rule", () => {
  const source = readFileSync(`${root}web/play/run/rule-of.ts`, "utf8");
  const ids = [
    ...source.matchAll(
      /"([a-z]+(?:-[a-z]+)+|flush|recover|commit|propose|campaign|heartbeat|touched|heard|reported|hello)"/g,
    ),
  ];
  expect(ids.length).toBeGreaterThan(20);
  const known = Object.keys(rulesOf(root, true));
  for (const [, id] of ids) expect(known).toContain(id);
});

it("a function that is not there is named", () => {
  expect(() => functionText("a.ts", "export function other() {\n}\n", "gone")).toThrow("names gone in a.ts");
});
