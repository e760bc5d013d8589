import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutLinks } from "../../sim/faults/partition.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { Simulation } from "../../sim/simulation.ts";
import { SimClock } from "../../sim/world/clock.ts";
import { SimDisk } from "../../sim/world/disk.ts";
import { EventHeap } from "../../sim/world/heap.ts";
import { Kernel } from "../../sim/world/kernel.ts";
import { joinObservers } from "../../sim/world/observer.ts";
import { Draws, Randomness } from "../../sim/world/random.ts";

describe("the event heap", () => {
  it("gives items by time, and those of one time in the order in which they came", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (times) => {
        const heap = new EventHeap<number>();
        times.forEach((time, i) => {
          heap.push(time, i);
        });
        const expected = times.map((time, i) => ({ time, i })).sort((a, b) => a.time - b.time || a.i - b.i);
        for (const { time, i } of expected) {
          expect(heap.pop()).toBe(i);
          expect(heap.poppedTime).toBe(time);
          expect(heap.poppedSequence).toBe(i + 1);
        }
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });

  it("keeps its order when pushes and pops alternate", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(50), { nil: undefined })), (steps) => {
        const heap = new EventHeap<number>();
        let kept: { time: number; i: number }[] = [];
        steps.forEach((time, i) => {
          if (time !== undefined) {
            heap.push(time, i);
            kept.push({ time, i });
            return;
          }
          kept.sort((a, b) => a.time - b.time || a.i - b.i);
          expect(heap.pop()).toBe(kept[0]?.i);
          kept = kept.slice(1);
        });
        expect(heap.size).toBe(kept.length);
      }),
    );
  });

  it("keeps its order when items are taken out before their time", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.array(fc.nat(30)), (times, taken) => {
        const heap = new EventHeap<number>();
        times.forEach((time, i) => {
          heap.push(time, i);
        });
        const left = new Set(times.keys());
        for (const i of taken) expect(heap.remove(i)).toBe(left.delete(i));
        expect(heap.poppedTime).toBe(0);
        const expected = [...left].sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
        expect(heap.waiting().map(({ item }) => item)).toEqual(expected);
        for (const i of expected) expect(heap.pop()).toBe(i);
        expect(heap.size).toBe(0);
      }),
    );
  });
});

describe("keyed randomness", () => {
  it("draws the same for a purpose and somebody, whatever others draw", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(20), (seed, others) => {
        const alone = new Randomness(seed).draws("loss", "1>2");
        const among = new Randomness(seed);
        for (let i = 0; i < others; i++) among.draws("loss", "2>1").word();
        const stream = among.draws("loss", "1>2");
        for (let i = 0; i < 10; i++) {
          among.draws("delay", i).word();
          expect(stream.word()).toBe(alone.word());
        }
      }),
    );
  });

  it("stays within the ranges asked for", () => {
    const draws = new Draws(7);
    for (let i = 0; i < 10_000; i++) {
      expect(draws.between(3, 5)).toBeOneOf([3, 4, 5]);
      const us = draws.spread({ min: 10, typical: 20, max: 500 });
      expect(us).toBeGreaterThanOrEqual(10);
      expect(us).toBeLessThanOrEqual(500);
    }
  });

  it("spreads delays around the typical one, with a tail up to the largest", () => {
    const draws = new Draws(8);
    const delays = Array.from({ length: 10_000 }, () => draws.spread({ min: 0, typical: 100, max: 10_000 }));
    const below = delays.filter((delay) => delay < 100).length;
    expect(below).toBeGreaterThan(4_700);
    expect(below).toBeLessThan(5_300);
    expect(delays.filter((delay) => delay > 1_000).length).toBeGreaterThan(500);
    expect(Math.max(...delays)).toBe(10_000);
  });

  it("chooses so many of a list, in its order", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(12), fc.nat(12), (seed, length, count) => {
        const items = Array.from({ length }, (_, i) => i);
        const some = new Draws(seed).some(items, count);
        expect(some).toHaveLength(Math.min(length, count));
        expect(some).toEqual([...new Set(some)].sort((a, b) => a - b));
      }),
    );
  });
});

describe("a simulated clock", () => {
  it("reaches a deadline at the virtual time that it names, and not a microsecond before", () => {
    const rates = fc.double({ min: 0.5, max: 2, noNaN: true });
    fc.assert(
      fc.property(rates, fc.nat(1_000_000), fc.double({ min: 0, max: 1e6, noNaN: true }), (rate, skew, wait) => {
        const time = { now: 123_456 };
        const clock = new SimClock(time, skew, 0);
        clock.setRate(rate);
        const deadline = clock.now() + wait;
        const at = clock.virtualTimeOf(deadline);
        time.now = at;
        expect(clock.now()).toBeGreaterThanOrEqual(deadline);
        if (at === 123_456) return;
        time.now = at - 1;
        expect(clock.now()).toBeLessThanOrEqual(deadline);
      }),
    );
  });

  it("goes on where it was when its rate changes, and only its wall clock jumps", () => {
    const time = { now: 0 };
    const clock = new SimClock(time, 1_000, 0);
    time.now = 2_000_000;
    clock.setRate(2);
    expect(clock.now()).toBe(3_000);
    time.now = 3_000_000;
    const wall = clock.wallClock();
    clock.jump(-500);
    expect(clock.wallClock()).toBe(wall - 500);
    expect(clock.now()).toBe(5_000);
  });
});

describe("partitions", () => {
  const servers = [1, 2, 3, 4, 5];
  const cut = (shape: Parameters<typeof cutLinks>[0], one: number) => {
    const pairs = cutLinks(shape, servers, one, [], new Draws(one));
    return (from: number, to: number) => pairs.some(([a, b]) => a === from && b === to);
  };

  it("isolate cuts one server off in both directions, oneWay and deaf in one", () => {
    for (const one of servers)
      for (const other of servers.filter((id) => id !== one)) {
        expect([cut("isolate", one)(one, other), cut("isolate", one)(other, one)]).toEqual([true, true]);
        expect([cut("oneWay", one)(one, other), cut("oneWay", one)(other, one)]).toEqual([true, false]);
        expect([cut("deaf", one)(one, other), cut("deaf", one)(other, one)]).toEqual([false, true]);
      }
  });

  it("bridge leaves the shared server connected to all, and a cut between the halves", () => {
    const bridge = cut("bridge", 3);
    for (const other of [1, 2, 4, 5]) expect(bridge(3, other) || bridge(other, 3)).toBe(false);
    expect(cutLinks("bridge", servers, 3, [], new Draws(1))).toHaveLength(8);
  });

  it("ring leaves two neighbours to everybody", () => {
    const ring = cut("ring", 1);
    for (const one of servers) expect(servers.filter((other) => other !== one && !ring(one, other))).toHaveLength(2);
  });

  it("halves cuts between the sides and nowhere else", () => {
    const pairs = cutLinks("halves", servers, 1, [1, 2], new Draws(1));
    expect(pairs).toHaveLength(12);
    for (const [from, to] of pairs) expect(from <= 2).not.toBe(to <= 2);
  });
});

describe("a simulated disk", () => {
  const [server] = new Simulation(checkPlan({ seed: 1 })).allServers;
  const step = fc.record({
    afterUs: fc.nat(100_000),
    does: fc.constantFrom("write", "write", "stall", "mend"),
    forUs: fc.nat(300_000),
  });

  it("is done with its writes in the order in which it got them, whenever it stalls and is mended", () => {
    if (server === undefined) throw new Error("a simulation has a server");
    const property = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const kernel = new Kernel(1, joinObservers([]));
      const disk = new SimDisk(kernel, server, { min: 100, typical: 50_000, max: 200_000 });
      const port = disk.port(() => true);
      const done: number[] = [];
      let written = 0;
      const runUntil = (timeUs: number) => {
        while (kernel.nextUs() <= timeUs) {
          const event = kernel.next();
          if (event?.kind === "written" && disk.complete(event.write) === "done") event.write.done(undefined);
        }
        kernel.now = Math.max(kernel.now, timeUs);
      };
      for (const { afterUs, does, forUs } of steps) {
        runUntil(kernel.now + afterUs);
        if (does === "stall") disk.stalledUntilUs = Math.max(disk.stalledUntilUs, kernel.now + forUs);
        else if (does === "mend") disk.mend();
        else {
          const nth = written++;
          port.write([], () => done.push(nth));
        }
      }
      runUntil(kernel.now + 10_000_000);
      expect(done).toEqual(Array.from({ length: written }, (_, i) => i));
    });
    fc.assert(property, { seed: 1, numRuns: 500 });
  });
});
