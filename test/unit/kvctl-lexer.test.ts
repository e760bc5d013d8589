import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteWord, splitWords, wordAtEnd } from "../../src/kvctl/lexer.ts";

describe("words of a shell line", () => {
  it.each<[string, string[]]>([
    ["", []],
    ["   \t ", []],
    ["get /a", ["get", "/a"]],
    ["  set   /a  'two words' ", ["set", "/a", "two words"]],
    ["set /a ''", ["set", "/a", ""]],
    ['set /a ""', ["set", "/a", ""]],
    [String.raw`set /a "say \"hi\" \\ \n"`, ["set", "/a", 'say "hi" \\ \\n']],
    [String.raw`set /a 'no \escape'`, ["set", "/a", "no \\escape"]],
    [String.raw`get /my\ path`, ["get", "/my path"]],
    [`set /a pre'mid "dle'"po'st"`, ["set", "/a", `premid "dlepo'st`]],
    ["get /a # what is there", ["get", "/a"]],
    ["# nothing", []],
    ["set /a b#c", ["set", "/a", "b#c"]],
    ["set /a '#c'", ["set", "/a", "#c"]],
    ["set /a ünï中😀", ["set", "/a", "ünï中😀"]],
  ])("%j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it.each([
    ["get '/a", "quote '"],
    ['get "/a', 'quote "'],
    ["get /a\\", "backslash"],
  ])("%j is refused", (line, why) => {
    expect(() => splitWords(line)).toThrow(why);
  });

  it("gives any words back that were quoted", () => {
    const word = fc.string({ unit: "grapheme", maxLength: 12 });
    const quote = fc.constantFrom<"" | "'" | '"'>("", "'", '"');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, quote), { maxLength: 5 }), (words) => {
        const line = words.map(([text, q]) => quoteWord(text, q) + q).join(" ");
        expect(splitWords(line)).toEqual(words.map(([text]) => text));
      }),
    );
  });

  it("never fails but with a usage error, and agrees with the word at the end", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "'", '"', "\\", "#", "/") }), (line) => {
        let words: string[] | undefined;
        try {
          words = splitWords(line);
        } catch (error) {
          expect(error).toMatchObject({ code: "USAGE" });
        }
        const end = wordAtEnd(line);
        if (words === undefined || end === undefined) return;
        expect(line.endsWith(end.raw)).toBe(true);
        expect(end.raw === "" ? end.before : [...end.before, end.text]).toEqual(words);
      }),
    );
  });
});

describe("the word under completion", () => {
  it.each([
    ["", { before: [], text: "", raw: "", open: "" }],
    ["ge", { before: [], text: "ge", raw: "ge", open: "" }],
    ["get ", { before: ["get"], text: "", raw: "", open: "" }],
    ["get /a", { before: ["get"], text: "/a", raw: "/a", open: "" }],
    ["get '/my p", { before: ["get"], text: "/my p", raw: "'/my p", open: "'" }],
    [String.raw`get /my\ p`, { before: ["get"], text: "/my p", raw: String.raw`/my\ p`, open: "" }],
  ])("%j", (line, expected) => {
    expect(wordAtEnd(line)).toEqual(expected);
  });

  it("is none within a comment", () => {
    expect(wordAtEnd("get /a # /b")).toBeUndefined();
  });
});
