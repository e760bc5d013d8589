/** A first-in, first-out queue whose positions stay countable: `at` reads from the front in constant time. */
export class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** The item `position` places behind the front, if there is one. */
  at(position: number): T | undefined {
    return this.#items[this.#head + position];
  }

  /** Keeps the first `length` items, or all if there are fewer. */
  cut(length: number): void {
    this.#items.length = Math.min(this.#items.length, this.#head + length);
  }

  /** Takes the front item. */
  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    // Dropping the taken part only when it is the larger one keeps both memory and time in proportion.
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
