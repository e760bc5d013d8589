import { beforeEach, describe, expect, it } from "vitest";
import { HistorySearch } from "../../src/kvctl/history-search.ts";

let passed: string;
let drawn: string;
let edited: (string | undefined)[];
let lines: readonly string[] | undefined;
let search: HistorySearch;

beforeEach(() => {
  passed = "";
  drawn = "";
  edited = [];
  lines = ["get /new", "ls /", "get /old"];
  search = new HistorySearch({
    history: () => lines,
    draw: (text) => {
      drawn = text;
    },
    edit: (line) => {
      edited.push(line);
    },
  });
  search.on("data", (chunk: Buffer) => {
    passed += chunk.toString();
  });
});

/** Types keys and waits until they have been handled. */
function type(keys: string): Promise<void> {
  return new Promise((resolve) => search.write(keys, () => setImmediate(resolve)));
}

describe("Ctrl-R", () => {
  it("lets all keys pass outside of a search", async () => {
    await type("get /a\r");
    await type("\u001b[A");
    expect(passed).toBe("get /a\r\u001b[A");
    expect(edited).toEqual([]);
  });

  it("finds the newest line, then older ones; Enter runs what was found", async () => {
    await type("x\u0012get");
    expect(drawn).toBe("(search) 'get': get /new");
    await type("\u0012");
    expect(drawn).toBe("(search) 'get': get /old");
    // There is no older one.
    await type("\u0012");
    expect(drawn).toBe("(search) 'get': get /old");
    await type("\r");
    expect(edited).toEqual(["get /old"]);
    expect(passed).toBe("x\r");
  });

  it("narrows with each key and widens with backspace", async () => {
    await type("\u0012");
    expect(drawn).toBe("(search) '': ");
    await type("old");
    expect(drawn).toBe("(search) 'old': get /old");
    await type("er");
    expect(drawn).toBe("(nothing found) 'older': ");
    await type("\u007f\u007f\u007f\u007f\u007f");
    expect(drawn).toBe("(search) '': ");
  });

  it("gives up at Ctrl-C and Ctrl-G, which do no more than that", async () => {
    for (const key of ["\u0003", "\u0007"]) await type(`\u0012ls${key}`);
    expect(edited).toEqual([undefined, undefined]);
    expect(passed).toBe("");
  });

  it("hands the line over for editing at any other key", async () => {
    await type("\u0012ls\u001b[D");
    expect(edited).toEqual(["ls /"]);
    expect(passed).toBe("\u001b[D");
  });

  it("is no search while a command runs", async () => {
    lines = undefined;
    await type("\u0012get\r");
    expect(passed).toBe("\u0012get\r");
    expect(drawn).toBe("");
  });
});
