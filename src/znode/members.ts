/**
 * Who the members of the cluster are, at /zookeeper/config. The servers write it, when the entry that makes somebody a
 * member is applied; whoever watches the znode hears of it. Clients of ZooKeeper connect to whatever servers it names.
 */
import { present } from "../base/assert.ts";
import { fromUtf8, utf8 } from "../base/bytes.ts";
import { dataOf } from "./data-store.ts";
import { changeOf, type Target } from "./edits.ts";
import { configPath } from "./paths.ts";

/** What stands before the number of the entry, in hexadecimal digits, behind the lines of the members. */
const versionWord = "\nversion=";

/** Shows `members`, a line for each, as of the entry of `target`, unless they are shown already. */
export function tellMembers({ tree, zxid, changes }: Target, members: string, timeMs: number): void {
  const znode = present(tree.get(configPath), "the znode of the members");
  const [shown] = fromUtf8(dataOf(znode)).split(versionWord);
  if (shown === members) return;
  tree.setOwnData(znode, utf8(`${members}${versionWord}${zxid.toString(16)}`), zxid, timeMs);
  changes.push(changeOf("dataChanged", znode, zxid));
}
