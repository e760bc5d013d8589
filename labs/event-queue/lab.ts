import type { Lab } from "../lab.ts";

const file = "sim/world/heap.ts";

export const eventQueue: Lab = {
  name: "event-queue",
  title: "The queue of what is to happen",
  chapter: 2,
  promise:
    "Of all that is to happen the earliest comes first, and of what happens at the same time the one that was planned first. So the same plan gives the same run on every machine, and a failure can be played again.",
  blanks: [
    {
      file,
      symbol: "EventHeap.push",
      task: [
        "Puts `item` into the heap under `time` and the next sequence number, which it returns: 1 for the first item ever pushed, then 2, and so on (`this.#sequence` has the last one given).",
        "The heap is a binary tree laid out in arrays: the children of the item at place i are at 2i + 1 and 2i + 2, its parent is at (i - 1) >> 1, and no item comes before its parent. `#times`, `#sequences` and `#items` hold, at the same place, what belongs to one item. `this.#size` items are in use; when the arrays of numbers are full, `this.#grow()` doubles them. The new item begins behind the last one, and `#rise` finds its place.",
      ],
    },
    {
      file,
      symbol: "EventHeap.#rise",
      task: [
        "Puts an item into the place `at`, which is free, or above it: as long as the item comes before the one at the parent's place, the parent's moves down into the free place, and the parent's place is the free one. Write all three arrays at the same places.",
        "An item that rises is either new, so its sequence number is the highest of all, or it is on its way out, with a time before all others.",
      ],
    },
    {
      file,
      symbol: "EventHeap.#sinkFromTop",
      task: [
        "Puts an item, that was the last in the arrays, into the place of the first, which has been taken, and lets it sink until neither of its children comes before it. `this.#size` is the number of items without the one that was taken. `this.#before(a, b)` says whether the item at place a comes before the one at place b.",
      ],
    },
  ],
  hints: [
    "Draw the heap as a tree on paper, push the times 5, 3, 4, 3 and pop them all. Note both the times and the sequence numbers.",
    "rise: as long as the parent's time is later, move the parent down one step. What is new has the highest sequence number, so a parent of the same time stays where it is. push only counts, and lets it rise from the place behind the last item.",
    "sinkFromTop: of the two children only the one that comes first matters. If it comes before the sinking item (by time, and by sequence if the times are equal), it moves up and its place is looked at next; else the sinking item stays. The second child may not exist.",
  ],
  tests: [
    { file: "test/property/sim-kernel.test.ts", names: "gives items by time" },
    { file: "test/property/sim-kernel.test.ts", names: "keeps its order" },
  ],
  scenes: ["split-vote"],
  seeds: { from: 1, count: 10 },
  wrong: [
    {
      title: "what happens at the same time comes in any order",
      file,
      find: "if (childTime > time || (childTime === time && childSequence > sequence)) break;",
      replace: "if (childTime >= time) break;",
      test: "gives items by time",
    },
    {
      title: "the later of the children moves up",
      file,
      find: "if (child + 1 < size && this.#before(child + 1, child)) child++;",
      replace: "if (child + 1 < size && this.#before(child, child + 1)) child++;",
      test: "gives items by time",
    },
    {
      title: "the second child is forgotten",
      file,
      find: "      if (child + 1 < size && this.#before(child + 1, child)) child++;\n",
      replace: "",
      test: "keeps its order",
    },
    {
      title: "a new item does not rise",
      file,
      find: "if (parentTime <= time) break;",
      replace: "if (parentTime >= 0) break;",
      test: "gives items by time",
    },
  ],
};
