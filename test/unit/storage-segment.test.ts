import { expect, it } from "vitest";
import { openAcl } from "../../src/base/acl.ts";
import { emptyBytes } from "../../src/base/bytes.ts";
import { readSegment } from "../../src/protocol/generated/disk.ts";
import { WireReader } from "../../src/protocol/wire-reader.ts";
import { unseal } from "../../src/storage/sealed.ts";
import { decodeSegment, SegmentEncoder, visitNames } from "../../src/storage/segment.ts";
import { Znode } from "../../src/znode/stat.ts";

const znode = (path: string, segment: number): Znode => {
  const made = new Znode(path, emptyBytes, 0, 1, 1);
  made.segment = segment;
  made.frozen = segment === 0;
  return made;
};

/** What is left of removals and rows, by their order in the segments. */
function encode(saveEarly: boolean): { readonly removed: number; readonly steps: number; readonly rows: string[] } {
  const removedZnodes = Array.from({ length: 500 }, (_, n) => znode(`/gone-${n}`, 7));
  // A new one where the last of those was.
  const again = znode("/gone-499", 0);
  const rows = { znodes: [again], removedZnodes, sessions: [], endedSessions: [] };
  let removed = 0;
  const encoder = new SegmentEncoder(
    rows,
    1_000,
    () => {},
    () => removed++,
  );
  let steps = 1;
  encoder.step();
  expect(removed).toBeLessThan(150);
  if (saveEarly) {
    // It is about to change.
    again.frozen = false;
    encoder.save(again);
  }
  while (encoder.step()) steps++;
  const state = new Set<string>();
  for (const { value, removals } of encoder.finish()) {
    const { removedPaths, znodes } = decodeSegment(value, "a segment");
    // A segment whose removals were counted for another one might go while they are needed.
    expect(removals).toBe(removedPaths.length);
    for (const path of removedPaths) state.delete(path);
    for (const { path } of znodes) state.add(path);
  }
  return { removed, steps, rows: [...state] };
}

it("writes removals bit by bit", () => {
  const { removed, steps, rows } = encode(false);
  expect([removed, rows]).toEqual([500, ["/gone-499"]]);
  expect(steps).toBeGreaterThan(3);
});

it("writes a new znode behind the removal of the one that was there, also out of turn", () => {
  expect(encode(true)).toMatchObject({ removed: 500, rows: ["/gone-499"] });
});

it("rows of znodes that are not for everybody are apart, so that a reader that knows no lists misses them", () => {
  const list = [{ perms: -5, scheme: "digest", id: "a:b" }];
  const guarded = new Znode("/g", emptyBytes, 0, 1, 1, false, 0, list);
  guarded.frozen = true;
  const rows = { znodes: [guarded, znode("/open", 0)], removedZnodes: [], sessions: [], endedSessions: [] };
  const encoder = new SegmentEncoder(
    rows,
    1_000,
    () => {},
    () => {},
  );
  while (encoder.step());
  const [{ value } = { value: emptyBytes }] = encoder.finish();
  const { znodes } = decodeSegment(value, "a segment");
  expect(znodes.map(({ path, acl }) => [path, acl])).toEqual([
    ["/open", openAcl],
    ["/g", list],
  ]);
  // Whoever cleans old segments has to learn of both, or what is guarded goes with the segment.
  const names: string[] = [];
  visitNames(value, "a segment", { znode: (path) => names.push(path), session: () => {} });
  expect(names.sort()).toEqual(["/g", "/open"]);
  expect(readSegment(new WireReader(unseal(value, "a segment"))).znodes.map(({ path }) => path)).toEqual(["/open"]);
});
