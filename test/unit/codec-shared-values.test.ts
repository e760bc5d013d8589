import { expect, it } from "vitest";
import { SharedValues } from "../../src/protocol/shared-values.ts";
import { WireReader } from "../../src/protocol/wire-reader.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Values made of all bytes of a message, each an object of its own. */
const texts = () =>
  new SharedValues((reader) => {
    const text = new TextDecoder().decode(reader.rest());
    if (text === "bad") throw new Error("malformed");
    return { text };
  });

it("equal messages are one object, and others are not", () => {
  const values = texts();
  const read = (text: string) => values.read(new WireReader(bytesOf(text)));
  const first = read("a");
  expect(read("a")).toBe(first);
  expect(read("b")).toEqual({ text: "b" });
  expect(read("ab")).toEqual({ text: "ab" });
  expect(read("")).toEqual({ text: "" });
});

it("only the last few that were new are kept, and none that are long", () => {
  const values = texts();
  const read = (text: string) => values.read(new WireReader(bytesOf(text)));
  const [first, long] = [read("first"), read("x".repeat(65))];
  expect(read("x".repeat(65))).not.toBe(long);
  for (let i = 0; i < 8; i++) read(`other ${i}`);
  expect(read("first")).not.toBe(first);
  expect(read("first")).toEqual(first);
});

it("what is malformed is malformed each time, and what is kept does not change with the buffer", () => {
  const values = texts();
  for (let i = 0; i < 2; i++) expect(() => values.read(new WireReader(bytesOf("bad")))).toThrow("malformed");
  const buffer = bytesOf("a");
  values.read(new WireReader(buffer));
  buffer.set(bytesOf("b"));
  expect(values.read(new WireReader(buffer))).toEqual({ text: "b" });
});

it("a message that was known is passed over", () => {
  const values = texts();
  values.read(new WireReader(bytesOf("a")));
  const reader = new WireReader(bytesOf("a"));
  values.read(reader);
  expect(reader.more()).toBe(false);
});
