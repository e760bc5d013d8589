/** Where it cannot be known what is there, it is looked up: all of one state, by a client whose session lives. */
import type { PartResult } from "../../../src/base/operations.ts";
import type { Cluster } from "./cluster.ts";
import type { Promises } from "./promises.ts";
import type { ModelNode } from "./tree.ts";

/** A session may end meanwhile; the next one is there soon. */
const attemptsMax = 5;

/** Reads the whole tree and has `promises` go on from there. */
export function lookAround(promises: Promises, cluster: Cluster): void {
  // What was given up may be on its way yet, but not behind an answer to what was asked later.
  for (const client of [1, 2]) cluster.ask(client, [{ kind: "sync" }]);
  promises.judge(cluster.settle());
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const seen = wholeTree(promises, cluster, 1 + (attempt % 2));
    if (seen !== undefined) return promises.adopt(seen.state, seen.zxid);
  }
  throw new Error("nobody can see what is there");
}

/** Level by level, and again if it was of more than one state. */
function wholeTree(promises: Promises, cluster: Cluster, client: number) {
  const state = new Map<string, ModelNode>();
  const zxids = new Set<number>();
  for (let level = ["/"]; level.length > 0; ) {
    cluster.ask(client, [{ kind: "multiRead", paths: level, local: false }]);
    const told = cluster.settle();
    promises.judge(told);
    const answer = told.find((one) => one.type === "answer" && one.step.kind === "multiRead");
    if (answer?.type !== "answer" || answer.operation.result?.failure !== undefined) return undefined;
    const parts = answer.operation.result?.results ?? [];
    zxids.add(answer.operation.zxid);
    const next: string[] = [];
    level.forEach((path, i) => {
      const [data, children] = [parts[2 * i], parts[2 * i + 1]];
      if (data?.failure !== undefined || data?.stat === undefined) return;
      state.set(path, nodeOf(data));
      for (const name of children?.children ?? [])
        if (name !== "zookeeper") next.push(`${path === "/" ? "" : path}/${name}`);
    });
    level = next;
  }
  const [zxid] = zxids;
  return zxids.size === 1 && zxid !== undefined ? { state, zxid } : undefined;
}

function nodeOf({ data, stat }: PartResult): ModelNode {
  const { version = 0, ephemeralOwner: owner = 0 } = stat ?? {};
  return { data: new TextDecoder().decode(data), version, owner, made: undefined };
}
