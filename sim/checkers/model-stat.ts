/** Stats, as the reference model says that they should be. */
import type { Stat } from "../../src/base/operations.ts";
import type { ZnodeVersion } from "./model-tree.ts";

/** What a client sees of a version. */
export function statOf(version: ZnodeVersion): Stat {
  return {
    czxid: version.czxid,
    mzxid: version.mzxid,
    pzxid: version.pzxid,
    ctime: version.ctime,
    mtime: version.mtime,
    version: version.version,
    cversion: 2 * version.childrenMade - version.children,
    aversion: version.aversion,
    ephemeralOwner: version.owner,
    dataLength: version.data.length,
    numChildren: version.children,
    ...(version.container ? { container: true } : {}),
    ...(version.ttlMs > 0 ? { ttlMs: version.ttlMs } : {}),
  };
}

/** How two Stats differ: the first field that does, or `undefined`. */
export function statDifference(a: Stat, b: Stat): string | undefined {
  if (a.czxid !== b.czxid) return `czxid ${a.czxid}, not ${b.czxid}`;
  if (a.mzxid !== b.mzxid) return `mzxid ${a.mzxid}, not ${b.mzxid}`;
  if (a.pzxid !== b.pzxid) return `pzxid ${a.pzxid}, not ${b.pzxid}`;
  if (a.ctime !== b.ctime) return `ctime ${a.ctime}, not ${b.ctime}`;
  if (a.mtime !== b.mtime) return `mtime ${a.mtime}, not ${b.mtime}`;
  if (a.version !== b.version) return `version ${a.version}, not ${b.version}`;
  if (a.cversion !== b.cversion) return `cversion ${a.cversion}, not ${b.cversion}`;
  if (a.aversion !== b.aversion) return `aversion ${a.aversion}, not ${b.aversion}`;
  if (a.ephemeralOwner !== b.ephemeralOwner) return `ephemeralOwner ${a.ephemeralOwner}, not ${b.ephemeralOwner}`;
  if (a.dataLength !== b.dataLength) return `dataLength ${a.dataLength}, not ${b.dataLength}`;
  if ((a.container ?? false) !== (b.container ?? false)) return `a container: ${a.container}, not ${b.container}`;
  if ((a.ttlMs ?? 0) !== (b.ttlMs ?? 0)) return `ttlMs ${a.ttlMs}, not ${b.ttlMs}`;
  if (a.numChildren !== b.numChildren) return `numChildren ${a.numChildren}, not ${b.numChildren}`;
  return undefined;
}
