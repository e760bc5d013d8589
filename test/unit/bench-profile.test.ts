import { expect, test } from "vitest";
import { BundledModules, bytesIn, type Profile, partOfModule, sharesOf } from "../../bench/profile/parts.ts";

test("a line of a bundle belongs to the module whose name stands before it", () => {
  const modules = new BundledModules(
    [
      "var x;",
      "// node_modules/@grpc/grpc-js/build/src/call.js",
      "f();",
      "    // dist/src/raft/leader.js",
      "g();",
      "h();",
    ].join("\n"),
  );
  expect([0, 1, 2, 3, 5, 99].map((line) => modules.at(line))).toEqual([
    undefined,
    "node_modules/@grpc/grpc-js/build/src/call.js",
    "node_modules/@grpc/grpc-js/build/src/call.js",
    "dist/src/raft/leader.js",
    "dist/src/raft/leader.js",
    "dist/src/raft/leader.js",
  ]);
});

test.each([
  ["dist/.staging/src/raft/leader.js", "src/raft"],
  ["file:///home/somebody/terrarium/dist/src/client/session.js", "src/client"],
  ["src/storage/level/x.js", "src/storage"],
  ["node_modules/@grpc/grpc-js/build/src/call.js", "gRPC"],
  ["file:///x/node_modules/classic-level/index.js", "Level"],
  ["node_modules/prom-client/lib/histogram.js", "prom-client"],
  ["node:internal/http2/core", "Node: HTTP/2, streams, timers"],
  ["elsewhere.js", "the rest"],
])("%s belongs to %s", (module, part) => {
  expect(partOfModule(module)).toBe(part);
});

test("a share is of the time that was not idle; what has no place counts for its caller, and the profiler for nobody", () => {
  const node = (id: number, functionName: string, url: string, children: readonly number[] = []) => ({
    ...{ id, children },
    callFrame: { functionName, url, lineNumber: 0 },
  });
  const profile: Profile = {
    nodes: [
      node(1, "(root)", "", [2, 3, 4, 5, 7]),
      node(2, "(idle)", ""),
      node(3, "(program)", ""),
      node(4, "(garbage collector)", ""),
      node(5, "turn", "file:///x/dist/src/node/node.js", [6]),
      node(6, "set", ""),
      node(7, "post", "node:inspector", [8]),
      node(8, "dispatch", ""),
    ],
    samples: [2, 3, 4, 5, 6, 7, 8],
    timeDeltas: [1000, 10, 20, 30, 40, 500, 500],
  };
  expect(Object.fromEntries(sharesOf(profile, () => undefined))).toEqual({
    "native code and the kernel": 0.1,
    "garbage collector": 0.2,
    "src/node": 0.7,
  });
});

test("what is allocated is that of all calls", () => {
  const leaf = { selfSize: 5, children: [] };
  expect(bytesIn({ selfSize: 1, children: [leaf, { selfSize: 2, children: [leaf] }] })).toBe(13);
});
