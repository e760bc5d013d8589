/** The shapes of partitions: which directed links are cut. Pure. */
import type { ServerId } from "../../src/raft/types.ts";
import type { ActionOf } from "../plan/actions.ts";
import type { Draws } from "../world/random.ts";

type Pair = readonly [from: ServerId, to: ServerId];
type Shape = ActionOf<"partition">["shape"];

/** Directed links that a partition cuts. `one` is its chosen server, `side` the ids of one half (drawn when empty). */
export function cutLinks(
  shape: Shape,
  servers: readonly ServerId[],
  one: ServerId,
  side: readonly ServerId[],
  draws: Draws,
): Pair[] {
  switch (shape) {
    case "halves": {
      const half = side.length > 0 ? side : draws.some(servers, draws.between(1, Math.max(1, servers.length >> 1)));
      return pairs(servers, (a, b) => half.includes(a) !== half.includes(b));
    }
    case "isolate":
      return pairs(servers, (a, b) => a === one || b === one);
    case "oneWay":
      return pairs(servers, (a) => a === one);
    case "deaf":
      return pairs(servers, (_, b) => b === one);
    case "bridge": {
      const rest = servers.filter((id) => id !== one);
      const half = side.length > 0 ? side : draws.some(rest, rest.length >> 1);
      return pairs(servers, (a, b) => a !== one && b !== one && half.includes(a) !== half.includes(b));
    }
    case "ring": {
      const order = draws.shuffle(servers);
      const place = new Map(order.map((id, i) => [id, i]));
      return pairs(servers, (a, b) => {
        const distance = Math.abs((place.get(a) ?? 0) - (place.get(b) ?? 0));
        return distance !== 1 && distance !== servers.length - 1;
      });
    }
  }
}

function pairs(servers: readonly ServerId[], cut: (from: ServerId, to: ServerId) => boolean): Pair[] {
  const found: Pair[] = [];
  for (const from of servers) for (const to of servers) if (from !== to && cut(from, to)) found.push([from, to]);
  return found;
}
