/**
 * The queue of what is to happen: a binary heap ordered by (time, sequence). Keys live in typed arrays beside the items,
 * so that sifting touches numbers only, whatever the items are.
 */
export class EventHeap<T> {
  #times = new Float64Array(1024);
  #sequences = new Float64Array(1024);
  readonly #items: (T | undefined)[] = [];
  #size = 0;
  #sequence = 0;
  #poppedTime = 0;
  #poppedSequence = 0;

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /** Time of the item that {@link pop} will return next, microseconds; infinite when none waits. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] ?? 0);
  }

  /** Time of the item that {@link pop} returned last, microseconds. */
  get poppedTime(): number {
    return this.#poppedTime;
  }

  /** Sequence number of the item that {@link pop} returned last. */
  get poppedSequence(): number {
    return this.#poppedSequence;
  }

  /** Whether something waits for exactly this time. Looks through everything. */
  hasAt(time: number): boolean {
    for (let i = 0; i < this.#size; i++) if (this.#times[i] === time) return true;
    return false;
  }

  /** Takes an item out before its time. False if it does not wait. Looks through everything: for rare occasions. */
  remove(item: T): boolean {
    for (let i = 0; i < this.#size; i++) {
      if (this.#items[i] !== item) continue;
      // To the top, as the soonest of all, and out.
      this.#rise(i, Number.NEGATIVE_INFINITY, this.#sequences[i] ?? 0, item);
      const [time, sequence] = [this.#poppedTime, this.#poppedSequence];
      this.pop();
      this.#poppedTime = time;
      this.#poppedSequence = sequence;
      return true;
    }
    return false;
  }

  /** What waits, soonest first, with its time. Sorts everything: for pages and tests, not for runs. */
  waiting(): { readonly time: number; readonly item: T }[] {
    const found: { readonly time: number; readonly sequence: number; readonly item: T }[] = [];
    for (let i = 0; i < this.#size; i++) {
      const item = this.#items[i];
      if (item !== undefined) found.push({ time: this.#times[i] ?? 0, sequence: this.#sequences[i] ?? 0, item });
    }
    return found.sort((a, b) => a.time - b.time || a.sequence - b.sequence);
  }

  /** Puts `item` at `time`, behind what is there for the same time already; returns its sequence number, from 1. */
  push(time: number, item: T): number {
    if (this.#size === this.#times.length) this.#grow();
    const sequence = ++this.#sequence;
    this.#rise(this.#size++, time, sequence, item);
    return sequence;
  }

  /** Puts an item into the place `at`, which is free, or above it. */
  #rise(at: number, time: number, sequence: number, item: T): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const items = this.#items;
    // A new item has the highest sequence, so only a strictly later parent moves down.
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent] ?? 0;
      if (parentTime <= time) break;
      times[at] = parentTime;
      sequences[at] = sequences[parent] ?? 0;
      items[at] = items[parent];
      at = parent;
    }
    times[at] = time;
    sequences[at] = sequence;
    items[at] = item;
  }

  /** Takes the first item, or `undefined` when none waits. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    const first = this.#items[0];
    this.#poppedTime = this.#times[0] ?? 0;
    this.#poppedSequence = this.#sequences[0] ?? 0;
    const last = --this.#size;
    const item = this.#items[last];
    this.#items[last] = undefined;
    if (last > 0) this.#sinkFromTop(this.#times[last] ?? 0, this.#sequences[last] ?? 0, item);
    return first;
  }

  #sinkFromTop(time: number, sequence: number, item: T | undefined): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const items = this.#items;
    const size = this.#size;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(child + 1, child)) child++;
      const childTime = times[child] ?? 0;
      const childSequence = sequences[child] ?? 0;
      if (childTime > time || (childTime === time && childSequence > sequence)) break;
      times[at] = childTime;
      sequences[at] = childSequence;
      items[at] = items[child];
      at = child;
    }
    times[at] = time;
    sequences[at] = sequence;
    items[at] = item;
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#times[a] ?? 0) - (this.#times[b] ?? 0);
    return difference < 0 || (difference === 0 && (this.#sequences[a] ?? 0) < (this.#sequences[b] ?? 0));
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
    const sequences = new Float64Array(this.#sequences.length * 2);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
  }
}
