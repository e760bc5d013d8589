/** The znodes of lines, put where they belong. */
import type { Context } from "../ports.ts";
import { linesOf, malformedLine, parseDumpLine } from "./dump-lines.ts";
import { Mover } from "./move.ts";
import type { PlaceOptions } from "./place.ts";
import { withProgress } from "./progress.ts";
import { TerrariumTree } from "./terrarium-tree.ts";
import { complete, conclude, makeParents } from "./transfer.ts";
import { isWithin, type MovedZnode, rerooted } from "./trees.ts";

/** Loads a file, or for `-` standard input. USAGE, with the number of the line, if one is malformed. */
export async function loadLines(
  context: Context,
  file: string,
  target: string | undefined,
  options: PlaceOptions,
): Promise<void> {
  let total: number | undefined;
  if (file !== "-") {
    total = 0;
    for await (const _ of znodesOf(context, file, target)) total++;
  }
  const tree = await TerrariumTree.open(context);
  const mover = new Mover(context, tree, options);
  const { tally } = mover;
  const load = async (): Promise<void> => {
    let first = true;
    try {
      for await (const znode of znodesOf(context, file, target)) {
        context.signal.throwIfAborted();
        if (first) await makeParents({ tree, path: znode.path, text: znode.path }, options, tally);
        first = false;
        await mover.take(znode);
      }
    } finally {
      // What was begun is done before it is told what was.
      await mover.settled();
    }
  };
  await complete(context, tally, "load", () =>
    withProgress(context.out, "loading", () => ({ done: tally.done, total }), load),
  );
  const begin = options.dryRun ? `would load ${file}` : `loaded ${file}`;
  conclude(context, tally, begin, { file, ...(target === undefined ? {} : { to: target }), dryRun: options.dryRun });
}

/** The znodes of the lines, with the paths that they are to have. */
async function* znodesOf({ inputs }: Context, file: string, target: string | undefined): AsyncGenerator<MovedZnode> {
  let root: string | undefined;
  for await (const line of linesOf(inputs.stream(file))) {
    const znode = parseDumpLine(line);
    root ??= znode.path;
    if (target === undefined) yield znode;
    else if (isWithin(znode.path, root)) yield { ...znode, path: rerooted(znode.path, root, target) };
    else throw malformedLine(line.line, `${znode.path} is not below ${root}, which is to go to ${target}`);
  }
}
