/**
 * A set of strings in order: the names of a znode's children, which may be millions. Asking for some of them, in order
 * and from any place on, costs what is asked for; a new name costs a little more than a place in a table. The order is
 * that of code units, as `<` has it.
 *
 * The names stand in blocks of some hundreds. Only the block that a name belongs to is moved for it; the list of blocks
 * changes once in some hundreds of names. Sequential names, each behind all others, leave full blocks behind them.
 */
import { utf8Length } from "../base/bytes.ts";

/** Names of a block at most. */
const blockMax = 512;

/** A block that has fewer joins its neighbour, if both together leave room for more. */
const blockMin = 128;

/** What a name takes in an answer beyond its own bytes. */
export const nameOverheadBytes = 6;

/** Some names in order, and whether there are more behind them. */
export interface NamePage {
  readonly names: string[];
  readonly more: boolean;
}

export class SortedNames {
  /** None is empty. */
  readonly #blocks: string[][] = [];
  #size = 0;
  #bytes = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes of all names as UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  has(name: string): boolean {
    const block = this.#blocks[this.#blockOf(name)];
    return block !== undefined && block[placeIn(block, name)] === name;
  }

  /** Whether the name was not there before. */
  add(name: string): boolean {
    const index = this.#blockOf(name);
    const block = this.#blocks[index];
    const last = block?.at(-1);
    if (block === undefined || last === undefined) this.#append(name);
    else if (last < name) {
      // Behind all others.
      if (block.length < blockMax) block.push(name);
      else this.#append(name);
    } else {
      const place = placeIn(block, name);
      if (block[place] === name) return false;
      block.splice(place, 0, name);
      if (block.length > blockMax) this.#blocks.splice(index + 1, 0, block.splice(blockMax / 2));
    }
    this.#size++;
    this.#bytes += utf8Length(name);
    return true;
  }

  /** Whether the name was there. */
  delete(name: string): boolean {
    // Those that go together go in order, mostly: then each is the first, and not to be searched for.
    const isFirst = this.#blocks[0]?.[0] === name;
    const index = isFirst ? 0 : this.#blockOf(name);
    const block = this.#blocks[index];
    if (block === undefined) return false;
    const place = isFirst ? 0 : placeIn(block, name);
    if (block[place] !== name) return false;
    if (isFirst) block.shift();
    else block.splice(place, 1);
    if (block.length < blockMin) this.#shrunk(index, block);
    this.#size--;
    this.#bytes -= utf8Length(name);
    return true;
  }

  /**
   * The names behind `after`, which need not be one of them: at most `limit`, and no more than `bytesMax` bytes of UTF-8
   * and {@link nameOverheadBytes} each, but one at least.
   */
  page(after: string, limit: number, bytesMax: number): NamePage {
    const names: string[] = [];
    let room = bytesMax;
    let index = this.#blockOf(after);
    let place = placeBehind(this.#blocks[index], after);
    for (let block = this.#blocks[index]; block !== undefined; block = this.#blocks[++index], place = 0) {
      for (let name = block[place]; name !== undefined; name = block[++place]) {
        room -= utf8Length(name) + nameOverheadBytes;
        if (names.length === limit || (room < 0 && names.length > 0)) return { names, more: true };
        names.push(name);
      }
    }
    return { names, more: false };
  }

  /** All names in order. */
  all(): string[] {
    const [first, ...others] = this.#blocks;
    return first === undefined ? [] : first.concat(...others);
  }

  /** In order. The set must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<string> {
    for (const block of this.#blocks) yield* block;
  }

  #append(name: string): void {
    this.#blocks.push([name]);
  }

  #shrunk(index: number, block: string[]): void {
    if (block.length === 0) {
      this.#blocks.splice(index, 1);
      return;
    }
    const left = index > 0 ? index - 1 : index;
    const [a, b] = [this.#blocks[left], this.#blocks[left + 1]];
    if (a === undefined || b === undefined || a.length + b.length > blockMax - blockMin) return;
    this.#blocks.splice(left, 2, a.concat(b));
  }

  /** The first block whose last name is not before `name`: where it is, or belongs. The last block for one behind all. */
  #blockOf(name: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#blocks[middle]?.at(-1);
      if (last !== undefined && last < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The place of the first name in the block that is not before `name`. */
function placeIn(block: readonly string[], name: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = block[middle];
    if (other !== undefined && other < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place of the first name in the block that is behind `name`. */
function placeBehind(block: readonly string[] | undefined, name: string): number {
  if (block === undefined) return 0;
  const place = placeIn(block, name);
  return block[place] === name ? place + 1 : place;
}
