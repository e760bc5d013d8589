/** What a profile says of the parts of a program: the rooms of `src`, libraries, Node, the collector of garbage. */

/** The call of a function, as V8's profiler notes it. */
interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** What V8's profiler writes: which call was on top at each look, and how long after the one before, microseconds. */
export interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** What V8's profiler calls what is no function. */
const special: Readonly<Record<string, string>> = {
  "(garbage collector)": "garbage collector",
  "(program)": "native code and the kernel",
};

/** Which module a line of a bundle is from. */
export class BundledModules {
  readonly #starts: { readonly line: number; readonly module: string }[] = [];

  /** esbuild puts the name of each module before its code. */
  constructor(source: string) {
    source.split("\n").forEach((text, line) => {
      const module = /^ *\/\/ (\S+\.[cm]?js)$/.exec(text)?.[1];
      if (module !== undefined) this.#starts.push({ line, module });
    });
  }

  /** The module of a line, counted from 0; `undefined` before the first one. */
  at(line: number): string | undefined {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle]?.line ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    return this.#starts[low - 1]?.module;
  }
}

/** The part that a module belongs to: `src/raft`, a package, or Node. */
export function partOfModule(module: string): string {
  const room = /(?:^|\/)(src\/[^/]+)\//.exec(module)?.[1];
  if (room !== undefined && !module.includes("node_modules/")) return room;
  const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1];
  if (name === "classic-level" || name === "abstract-level") return "Level";
  if (name?.startsWith("@grpc/") || name?.startsWith("@protobufjs/") || name === "protobufjs") return "gRPC";
  if (name !== undefined) return name;
  return module.startsWith("node:") ? "Node: HTTP/2, streams, timers" : "the rest";
}

/**
 * The share of each part in the time in which the main thread was not idle. What has no place of its own, such as a function
 * that V8 brings along, counts for who called it. `moduleAt` tells the module of a function that is in a bundle.
 */
export function sharesOf(
  { nodes, samples, timeDeltas }: Profile,
  moduleAt: (url: string, line: number) => string | undefined,
): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const partOf = new Map<number, string | undefined>();
  // `undefined` is nobody's: time without work, and what this very profile takes.
  const visit = (id: number, caller: string | undefined): void => {
    const node = byId.get(id);
    if (node === undefined) return;
    const part = partOfCall(node.callFrame, caller);
    partOf.set(id, part);
    for (const child of node.children ?? []) visit(child, part);
  };
  const partOfCall = ({ functionName, url, lineNumber }: ProfileNode["callFrame"], caller: string | undefined) => {
    const module = url === "" ? undefined : (moduleAt(url, lineNumber) ?? url);
    if (functionName === "(idle)" || module === "node:inspector" || module?.includes("bench/profile/"))
      return undefined;
    return special[functionName] ?? (module === undefined ? caller : partOfModule(module));
  };
  const [root] = nodes;
  if (root !== undefined) visit(root.id, "the rest");
  const micros = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, i) => {
    const part = partOf.get(id);
    if (part === undefined) return;
    const delta = timeDeltas[i] ?? 0;
    busy += delta;
    micros.set(part, (micros.get(part) ?? 0) + delta);
  });
  return new Map([...micros].map(([part, time]) => [part, time / busy]));
}

/** A call, and what it has allocated itself, bytes: as V8's sampling heap profiler notes it. */
export interface HeapNode {
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** Bytes that a profile of the heap tells of. */
export function bytesIn({ selfSize, children }: HeapNode): number {
  return children.reduce((bytes, child) => bytes + bytesIn(child), selfSize);
}
