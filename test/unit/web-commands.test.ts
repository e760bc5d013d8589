/** What is typed for a client, and text that somebody else wrote. */
import { expect, it } from "vitest";
import { shown } from "../../web/picture/shown.ts";
import { commandsHelp, readCommand } from "../../web/play/commands.ts";

const read = { kind: "read", local: false, watch: false, limit: 0, after: "" };

it.each([
  ["create /a", { kind: "create", path: "/a", data: "", ephemeral: false, sequential: false }],
  [
    "create -es /a/q- 'two words'",
    { kind: "create", path: "/a/q-", data: "two words", ephemeral: true, sequential: true },
  ],
  ["set /a 1 --version 3", { kind: "setData", path: "/a", data: "1", version: 3 }],
  ["delete /a", { kind: "delete", path: "/a", version: -1 }],
  ["get -w --local /a", { ...read, path: "/a", read: "getData", watch: true, local: true }],
  ["ls --watch /", { ...read, path: "/", read: "getChildren", watch: true }],
  ["stat /a", { ...read, path: "/a", read: "exists" }],
  ["  sync ", { kind: "sync" }],
  ["close", { kind: "close" }],
  ["move", { kind: "move" }],
])("%s", (line, step) => expect(readCommand(line)).toEqual({ step }));

it.each([
  ["make /x", "There is no command make."],
  ["", commandsHelp],
  ["help", commandsHelp],
  ["create a", "create needs a path"],
  ["set /a", "set needs data"],
  ["get -e /a", "get has no option -e."],
  ["create /a 'x", "A quotation mark has no other"],
  ["create /a b c", "more than the command takes"],
  ["delete /a --version x", "A version is a whole number"],
  [`create /a ${"x".repeat(4_097)}`, "at most 4096 characters"],
])("%s is refused with a sentence", (line, sentence) => {
  const command = readCommand(line);
  expect("sentence" in command ? command.sentence : "").toContain(sentence);
});

it("text of others is short, and has nothing in it that turns what is around it", () => {
  expect(shown("a\u202eb\u0000\n\u2066")).toBe("a\\u{202e}b\\u{0}\\u{a}\\u{2066}");
  expect(shown("x".repeat(500), 10)).toBe(`${"x".repeat(10)}…`);
  // No half of a character is left.
  expect(shown("ab😀", 3)).toBe("ab…");
  expect(shown("größe 😀")).toBe("größe 😀");
});
