import { describe, expect, it } from "vitest";
import type { WatchKind } from "../../src/base/reads.ts";
import { ephemeralsOwned, type ListFacts, watchesInShort } from "../../src/zookeeper/word-lists.ts";

function facts(watches: readonly (readonly string[])[], ephemerals: readonly number[] = []): ListFacts {
  const kind: WatchKind = "data";
  return {
    attending: () => [],
    sessions: () =>
      ephemerals.map((ephemeralCount, id) => ({ id, timeoutMs: 1, ephemeralCount, ephemeralPaths: () => [] })),
    silentMs: () => undefined,
    watches: () => watches.map((paths, sessionId) => ({ sessionId, watches: paths.map((path) => ({ kind, path })) })),
  };
}

describe("what four-letter words count", () => {
  it("are those who watch, the paths that are watched, and the watches", () => {
    const said = watchesInShort(facts([["/a", "/b"], [], ["/a"]]));
    expect(said).toBe("2 connections watching 2 paths\nTotal watches:3\n");
    expect(watchesInShort(facts([]))).toBe("0 connections watching 0 paths\nTotal watches:0\n");
  });

  it("are the znodes that end with a session", () => {
    expect(ephemeralsOwned(facts([], [2, 0, 3]))).toBe(5);
  });
});
