/** What clients draw as the parts of a multi: parts that have to do with each other, so that each has to see those before it. */
import { drawList } from "./access-rules.ts";
import type { Draws } from "./world/random.ts";
import type { Drawing, PartStep } from "./write-steps.ts";

/** The parts of one multi. What they store is the drawing's data and a letter, so that no two store the same. */
export function drawMulti(drawing: Drawing): readonly PartStep[] {
  const { draws } = drawing;
  return draws.chance(0.5) ? drawStory(drawing) : drawParts(drawing, draws.between(0, 4));
}

function drawParts(drawing: Drawing, count: number): readonly PartStep[] {
  const parts: PartStep[] = [];
  for (let i = 0; i < count; i++) parts.push(drawPart(drawing, i));
  return parts;
}

function drawPart({ draws, path, data, version, parent, someName }: Drawing, i: number): PartStep {
  const stored = data + String.fromCharCode(97 + i);
  switch (draws.below(8)) {
    case 0:
      return { kind: "create", path, data: stored, ephemeral: draws.chance(0.3), sequential: false };
    case 1:
      return sequential(parent(), stored);
    case 2:
    case 3:
      return { kind: "setData", path, data: stored, version: -1 };
    case 4:
      return { kind: "setData", path, data: stored, version };
    case 5:
      return { kind: "delete", path: someName() ?? path, version: -1 };
    case 6:
      return { kind: "check", path, version };
    default:
      return { kind: "check", path, version: -1 };
  }
}

/** One that goes well only if the parts see each other, or that is refused at its end and leaves no trace. */
function drawStory(drawing: Drawing): readonly PartStep[] {
  const { draws, path, data, version, parent } = drawing;
  const below = `${path}/m`;
  const create = (at: string, letter: string): PartStep => ({
    kind: "create",
    path: at,
    data: data + letter,
    ephemeral: false,
    sequential: false,
  });
  switch (draws.below(8)) {
    case 0:
      return [
        create(path, "a"),
        { kind: "setData", path, data: `${data}b`, version: 0 },
        { kind: "check", path, version: 1 },
      ];
    case 1:
      return [
        { kind: "setData", path, data: `${data}a`, version },
        { kind: "setData", path, data: `${data}b`, version: version + 1 },
      ];
    case 2:
      return [{ kind: "delete", path, version: -1 }, create(path, "a"), { kind: "check", path, version: 0 }];
    case 3: {
      const at = parent();
      return [sequential(at, `${data}a`), sequential(at, `${data}b`), sequential(at, `${data}c`)];
    }
    case 4:
      return [create(path, "a"), create(below, "b"), { kind: "delete", path: below, version: -1 }];
    case 5:
      return [
        sequential(parent(), `${data}a`),
        { kind: "setData", path, data: `${data}b`, version: -1 },
        { kind: "check", path, version: version + 1 },
      ];
    case 6: {
      // Two of one entry, not in the order of their names: they end in that order, wherever they end.
      const at = parent();
      const first: PartStep = { kind: "create", path: `${at}/z-`, data: `${data}a`, ephemeral: true, sequential: true };
      return [first, { ...first, path: `${at}/e-`, data: `${data}b` }];
    }
    default:
      return [
        { kind: "create", path: `${parent()}/e-`, data: `${data}a`, ephemeral: true, sequential: true },
        { kind: "delete", path, version },
        { kind: "check", path, version: -1 },
      ];
  }
}

/** Lists that the other parts of their own multi meet. */
export function drawListStory(path: string, draws: Draws): readonly PartStep[] {
  const below = `${path}/a${draws.below(3)}`;
  const set = (at: string): PartStep => ({ kind: "setAcl", path: at, acl: drawList(draws), version: -1 });
  switch (draws.below(5)) {
    case 4:
      // Nobody may, whoever he is: what is refused there says more to who may do everything.
      return [{ kind: "setData", path: "/zookeeper/config", data: "", version: -1 }];
    case 0:
      return [set(path), { kind: "check", path, version: -1 }, set(path)];
    case 1:
      return [set(path), { kind: "delete", path: below, version: -1 }];
    case 2:
      return [{ kind: "check", path, version: -1 }, set(below), { kind: "check", path: below, version: -1 }];
    default:
      return [set(path), set(path)];
  }
}

/** A container that nobody uses as soon as it is there, behind another change. */
export function drawUsedUp(at: string, data: string, parent: string): readonly PartStep[] {
  const child = `${at}/k`;
  return [
    sequential(parent, `${data}a`),
    { kind: "createContainer", path: at, data: `${data}b` },
    { kind: "create", path: child, data: `${data}c`, ephemeral: false, sequential: false },
    { kind: "delete", path: child, version: -1 },
  ];
}

function sequential(parent: string, data: string): PartStep {
  return { kind: "create", path: `${parent}/s-`, data, ephemeral: false, sequential: true };
}
