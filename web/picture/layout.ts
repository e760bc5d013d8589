/** Where things stand in the picture of a ring. Pure geometry, in units of the picture. */
import type { ClientPicture, MessagePicture, Place } from "./picture.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Width and height of the ring's picture. */
export const size = { width: 460, height: 464 };

/** Radius of a server's disc. */
export const serverRadius = 27;

const centre: Point = { x: size.width / 2, y: size.height / 2 - 4 };

/** Servers stand on this circle, clients on the one around it. */
const ringRadius = (servers: number): number => (servers <= 1 ? 0 : servers <= 3 ? 112 : 134);
const clientDistance = 80;

/** Where all stand. */
export interface Layout {
  readonly servers: ReadonlyMap<number, Point>;
  readonly clients: ReadonlyMap<number, Point>;
}

/** The first server stands at the top, the others follow clockwise; clients stand outside, by their servers. */
export function layOut(servers: readonly number[], clients: readonly ClientPicture[]): Layout {
  const places = new Map<number, Point>();
  servers.forEach((id, i) => {
    places.set(id, onCircle(centre, ringRadius(servers.length), angleOf(i, servers.length)));
  });
  return { servers: places, clients: clientPlaces(servers, clients) };
}

function angleOf(i: number, count: number): number {
  return -Math.PI / 2 + (2 * Math.PI * i) / Math.max(1, count);
}

function onCircle({ x, y }: Point, radius: number, angle: number): Point {
  return { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) };
}

/** Clients of one server stand side by side behind it; those without one wait in the corner below. */
function clientPlaces(servers: readonly number[], clients: readonly ClientPicture[]): Map<number, Point> {
  const byServer = new Map<number, number[]>();
  for (const { id, server } of clients) {
    const at = servers.includes(server) ? server : 0;
    byServer.set(at, [...(byServer.get(at) ?? []), id]);
  }
  const places = new Map<number, Point>();
  const radius = ringRadius(servers.length) + (servers.length <= 1 ? clientDistance + 20 : clientDistance);
  // Room for a client on the outer circle, in radians.
  const step = Math.min(30 / radius, (2 * Math.PI) / (Math.max(1, servers.length) * 5));
  for (const [server, ids] of byServer) {
    ids.forEach((id, i) => {
      if (server === 0) places.set(id, { x: 26 + 30 * (i % 12), y: size.height - 18 - 28 * Math.floor(i / 12) });
      else {
        const angle = angleOf(servers.indexOf(server), servers.length) + (i - (ids.length - 1) / 2) * step;
        places.set(id, onCircle(centre, radius, angle));
      }
    });
  }
  return places;
}

export function placeOf(layout: Layout, place: Place): Point | undefined {
  return (place.kind === "server" ? layout.servers : layout.clients).get(place.id);
}

/** Where a message is at `nowMs`: on a line a little to the right of the straight one, so that two ways do not meet. */
export function messagePoint(
  layout: Layout,
  message: Pick<MessagePicture, "from" | "to" | "sentMs" | "arrivesMs">,
  nowMs: number,
): Point | undefined {
  const from = placeOf(layout, message.from);
  const to = placeOf(layout, message.to);
  if (from === undefined || to === undefined) return undefined;
  const span = message.arrivesMs - message.sentMs;
  const share = span <= 0 ? 1 : Math.min(1, Math.max(0, (nowMs - message.sentMs) / span));
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const unit: Point = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const edges = radiusOf(message.from) + radiusOf(message.to);
  const along = radiusOf(message.from) + share * Math.max(0, length - edges);
  const side = message.from.kind === message.to.kind ? 5 : 3;
  return { x: from.x + unit.x * along - unit.y * side, y: from.y + unit.y * along + unit.x * side };
}

/** Where messages from one server to another begin and end. */
export function linkPoints(layout: Layout, from: number, to: number): readonly [Point, Point] | undefined {
  const ends = { from: { kind: "server", id: from }, to: { kind: "server", id: to }, sentMs: 0, arrivesMs: 1 } as const;
  const [first, last] = [messagePoint(layout, ends, 0), messagePoint(layout, ends, 1)];
  return first === undefined || last === undefined ? undefined : [first, last];
}

function radiusOf({ kind }: Place): number {
  return kind === "server" ? serverRadius + 4 : 11;
}

/** The servers on the smaller side of the line from `a` to `b`; none if all are on one side. */
export function partedBy(layout: Layout, a: Point, b: Point): readonly number[] {
  const sides: [number[], number[]] = [[], []];
  for (const [id, { x, y }] of layout.servers) {
    const left = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) > 0;
    sides[left ? 0 : 1].push(id);
  }
  const [left, right] = sides;
  return (left.length <= right.length ? left : right).sort((one, other) => one - other);
}

/** An arc around `at` that closes clockwise from the top: `share` of 0 is nothing, 1 the whole circle. */
export function arcPath({ x, y }: Point, radius: number, share: number): string {
  if (share <= 0) return "";
  const part = Math.min(share, 0.9999);
  const end = onCircle({ x, y }, radius, -Math.PI / 2 + 2 * Math.PI * part);
  return `M${x} ${y - radius}A${radius} ${radius} 0 ${part > 0.5 ? 1 : 0} 1 ${end.x.toFixed(2)} ${end.y.toFixed(2)}`;
}
