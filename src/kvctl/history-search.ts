/** Ctrl-R in the shell: looks for an earlier line while its part is typed, as in bash. */
import { Transform, type TransformCallback } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** What the search shows and does on the screen. */
export interface SearchScreen {
  /** Lines to search, newest first; undefined while no prompt stands. */
  history(): readonly string[] | undefined;
  /** Draws `text` where the prompt stands. */
  draw(text: string): void;
  /** Brings the prompt back, with `line` to edit; undefined: the one that stood there. */
  edit(line: string | undefined): void;
}

const controlR = "\u0012";
const erasers = ["\u007f", "\b"];
const cancels = ["\u0003", "\u0007"];

/**
 * Keys on their way from the terminal to readline, which gets all but those that belong to a search. Ctrl-R begins one and
 * goes on to an older line, Enter runs what was found, Ctrl-C and Ctrl-G give up, any other key edits it.
 */
export class HistorySearch extends Transform {
  readonly #screen: SearchScreen;
  readonly #decoder = new StringDecoder("utf8");
  #query: string | undefined;
  /** Index of the line found, in the history. */
  #at = 0;

  constructor(screen: SearchScreen) {
    super();
    this.#screen = screen;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let keys = this.#decoder.write(chunk);
    while (keys !== "") {
      if (this.#query === undefined) {
        const at = keys.indexOf(controlR);
        const begins = at >= 0 && this.#screen.history() !== undefined;
        const passed = begins ? keys.slice(0, at) : keys;
        if (passed !== "") this.push(passed);
        keys = begins ? keys.slice(at + 1) : "";
        if (begins) this.#begin();
      } else {
        const [key = ""] = keys;
        keys = this.#key(key) ? keys.slice(key.length) : keys;
      }
    }
    done();
  }

  #begin(): void {
    this.#query = "";
    this.#at = 0;
    this.#draw();
  }

  /** Takes one key of a search. False if the search has ended and the key is readline's. */
  #key(key: string): boolean {
    const query = this.#query ?? "";
    if (key === controlR) this.#find(query, this.#at + 1);
    else if (erasers.includes(key)) this.#find([...query].slice(0, -1).join(""), 0);
    else if (cancels.includes(key)) return this.#end(undefined, true);
    else if (key < " ") return this.#end(this.#found() ?? query, false);
    else this.#find(query + key, this.#at);
    return true;
  }

  /** Goes to the first line from `from` on that has `query` in it; stays where there is none. */
  #find(query: string, from: number): void {
    const lines = this.#screen.history() ?? [];
    const index = lines.findIndex((line, i) => i >= from && line.includes(query));
    this.#query = query;
    if (index >= 0) this.#at = index;
    this.#draw();
  }

  #found(): string | undefined {
    const line = this.#screen.history()?.[this.#at];
    return this.#query !== undefined && line?.includes(this.#query) ? line : undefined;
  }

  #draw(): void {
    const found = this.#query === "" ? "" : this.#found();
    this.#screen.draw(`(${found === undefined ? "nothing found" : "search"}) '${this.#query}': ${found ?? ""}`);
  }

  #end(line: string | undefined, taken: boolean): boolean {
    this.#query = undefined;
    this.#screen.edit(line);
    return taken;
  }
}
