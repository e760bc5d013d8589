/** The picture's geometry: where servers and messages are, and whom a line through the ring parts. */
import { expect, it } from "vitest";
import { arcPath, layOut, messagePoint, partedBy, serverRadius, size } from "../../web/picture/layout.ts";
import type { MessagePicture } from "../../web/picture/picture.ts";

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

it("nine servers and their clients have room in the frame, without touching", () => {
  for (const count of [1, 2, 3, 5, 7, 9]) {
    const clients = ids(count).map((server) => ({
      id: server,
      name: `c${server}`,
      state: "connected" as const,
      server,
      session: 0,
      pending: 0,
      watches: [],
    }));
    const { servers, clients: places } = layOut(ids(count), clients);
    for (const { x, y } of [...servers.values(), ...places.values()]) {
      expect(x).toBeGreaterThan(12);
      expect(x).toBeLessThan(size.width - 12);
      expect(y).toBeGreaterThan(9);
      expect(y).toBeLessThan(size.height - 9);
    }
    const points = [...servers.values()];
    for (const [i, a] of points.entries())
      for (const b of points.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(2 * serverRadius);
  }
});

it("a message goes from its sender's edge to its receiver's, and the one that comes back keeps out of its way", () => {
  const layout = layOut(ids(3), []);
  const message = (from: number, to: number): MessagePicture => ({
    id: "1",
    from: { kind: "server", id: from },
    to: { kind: "server", id: to },
    kind: "append",
    text: "AppendEntries",
    term: 2,
    sentMs: 10,
    arrivesMs: 20,
  });
  const away = (server: number, point: { x: number; y: number } | undefined): number => {
    const at = layout.servers.get(server);
    return at === undefined || point === undefined ? Number.NaN : Math.hypot(at.x - point.x, at.y - point.y);
  };
  expect(away(1, messagePoint(layout, message(1, 2), 10))).toBeCloseTo(serverRadius + 4, 0);
  expect(away(2, messagePoint(layout, message(1, 2), 25))).toBeCloseTo(serverRadius + 4, 0);
  const [there, back] = [messagePoint(layout, message(1, 2), 15), messagePoint(layout, message(2, 1), 15)];
  expect(Math.hypot((there?.x ?? 0) - (back?.x ?? 0), (there?.y ?? 0) - (back?.y ?? 0))).toBeCloseTo(10, 5);
  expect(messagePoint(layout, message(1, 4), 15)).toBeUndefined();
});

it("a line parts the smaller side from the rest", () => {
  const layout = layOut(ids(5), []);
  // Below the uppermost server, from left to right.
  expect(partedBy(layout, { x: 0, y: 140 }, { x: size.width, y: 140 })).toEqual([1]);
  expect(partedBy(layout, { x: size.width, y: 140 }, { x: 0, y: 140 })).toEqual([1]);
  expect(partedBy(layout, { x: 0, y: 0 }, { x: size.width, y: 0 })).toEqual([]);
});

it("the arc of a timer closes to a circle and is never drawn backwards", () => {
  const at = { x: 0, y: 0 };
  expect(arcPath(at, 10, 0)).toBe("");
  expect(arcPath(at, 10, 0.25)).toBe("M0 -10A10 10 0 0 1 10.00 0.00");
  expect(arcPath(at, 10, 0.75)).toContain(" 0 1 1 ");
  expect(arcPath(at, 10, 7)).toBe(arcPath(at, 10, 1));
});
