/**
 * Who may do what, stated a second time: from the rules of ZooKeeper, and not from `src/znode/access.ts`. Beside them the
 * hash of the simulated doors, which is none, and the lists and credentials that clients draw.
 */
import type { AclItem, ClientIdentity } from "../src/base/acl.ts";
import { hashString } from "../src/base/random.ts";
import type { Draws } from "./world/random.ts";

/** By permission: its place in the sum. */
const places = { READ: 0, WRITE: 1, CREATE: 2, DELETE: 3, ADMIN: 4 } as const;
export type Permission = keyof typeof places;

/** Everybody may do everything. */
export const everybody: readonly AclItem[] = [{ perms: 31, scheme: "world", id: "anyone" }];

/** The list with which a znode begins that was given none. */
export function firstList(path: string): readonly AclItem[] {
  return path === "/zookeeper/config" ? [{ perms: 1, scheme: "world", id: "anyone" }] : everybody;
}

/** Whether one of the permissions is somebody's who is all of these. */
export function may(
  list: readonly AclItem[],
  wanted: readonly Permission[],
  identities: readonly ClientIdentity[],
): boolean {
  for (const { scheme } of identities) if (scheme === "super") return true;
  for (const item of list) {
    const gives = wanted.some((name) => Math.floor(item.perms / 2 ** places[name]) % 2 !== 0);
    if (gives && meansOneOf(item, identities)) return true;
  }
  return false;
}

function meansOneOf({ scheme, id }: AclItem, identities: readonly ClientIdentity[]): boolean {
  if (scheme === "world") return true;
  for (const one of identities) {
    if (one.scheme !== scheme) continue;
    if (scheme === "digest" && one.id === id) return true;
    if (scheme === "ip" && beginsAlike(one.id, id)) return true;
  }
  return false;
}

/** By their digits in base 2, not by arithmetic. */
function beginsAlike(address: string, prefix: string): boolean {
  const [start = "", bits = "32"] = prefix.split("/");
  return digits(address).slice(0, Number(bits)) === digits(start).slice(0, Number(bits));
}

function digits(address: string): string {
  return address
    .split(".")
    .map((part) => Number(part).toString(2).padStart(8, "0"))
    .join("");
}

/** What clients draw that is no item. */
const noItems: readonly AclItem[] = [
  { perms: 31, scheme: "nobody", id: "x" },
  { perms: 31, scheme: "world", id: "u1" },
  { perms: 31, scheme: "digest", id: "u1" },
  { perms: 31, scheme: "digest", id: "u1:x:y" },
  { perms: 31, scheme: "ip", id: "10.0.0" },
  { perms: 31, scheme: "ip", id: "10.0.0.256" },
  { perms: 31, scheme: "ip", id: "10.0.0.1/33" },
];
const nobodys = new Set(noItems.map(itemLine));

/** The list that is kept of one that is asked for; undefined: it is none. Only what clients draw is known here. */
export function kept(
  wanted: readonly AclItem[],
  identities: readonly ClientIdentity[],
): readonly AclItem[] | undefined {
  if (wanted.length > 1_000) return undefined;
  const shown = identities.filter(({ scheme }) => scheme === "digest");
  const list: AclItem[] = [];
  const seen = new Set<string>();
  for (const item of wanted) {
    const { perms, scheme } = item;
    const text = itemLine(item);
    if (seen.has(text)) continue;
    seen.add(text);
    if (scheme === "auth") {
      if (shown.length === 0) return undefined;
      for (const one of shown) list.push({ perms, scheme: "digest", id: one.id });
    } else if (nobodys.has(text)) return undefined;
    else if (scheme === "world" || scheme === "digest" || scheme === "ip") list.push(item);
    else return undefined;
  }
  const bytes = list.reduce((sum, { scheme, id }) => sum + 8 + scheme.length + id.length, 0);
  return list.length === 0 || bytes > 64 * 1024 ? undefined : list;
}

/** A list as who may not change it is shown it. */
export function masked(list: readonly AclItem[]): readonly AclItem[] {
  return list.map((item) => (item.scheme === "digest" ? { ...item, id: `${item.id.split(":")[0]}:x` } : item));
}

/** A list in one line, to compare. */
export function listLine(list: readonly AclItem[]): string {
  return list.map(itemLine).join(" ");
}

function itemLine({ perms, scheme, id }: AclItem): string {
  return `${scheme}:${id}:${perms}`;
}

/** The identity that the credential "user:password" shows at a simulated door. */
export function simDigest(credential: string): string {
  return `${credential.split(":")[0]}:${hashString(credential).toString(36)}`;
}

/** The address of a client. */
export function addressOf(client: number): string {
  return `10.0.0.${client}`;
}

/** Who shows it may do everything. */
export const superCredential = "root:secret";

/** A credential that clients have. */
export function drawCredential(draws: Draws): string {
  return draws.chance(0.05) ? superCredential : `u${draws.below(3)}:secret`;
}

/** A list that somebody might want; now and then none that there could be. */
export function drawList(draws: Draws): readonly AclItem[] {
  return Array.from({ length: draws.pick([1, 1, 2, 3]) }, () => drawItem(draws));
}

/** One of two lists of one length, which let everybody do everything: so znodes come to have the same, and to change it. */
export function drawSharedList(draws: Draws): readonly AclItem[] {
  return [...everybody, { perms: 1, scheme: "ip", id: addressOf(draws.below(2)) }];
}

function drawItem(draws: Draws): AclItem {
  const perms = draws.pick([31, 31, 1, 2, 3, 5, 15, 16, 17, 30, draws.below(32)]);
  switch (draws.below(10)) {
    case 0:
    case 1:
    case 2:
      return { perms, scheme: "auth", id: "" };
    case 3:
    case 4:
    case 5:
      return { perms, scheme: "digest", id: simDigest(drawCredential(draws)) };
    case 6:
    case 7:
      return {
        perms,
        scheme: "ip",
        id: `${addressOf(draws.between(0, 7))}${draws.pick(["", "/32", "/31", "/30", "/29", "/0"])}`,
      };
    case 8:
      return draws.chance(0.1) ? draws.pick(noItems) : { perms: 31, scheme: "world", id: "anyone" };
    default:
      return { perms, scheme: "world", id: "anyone" };
  }
}
