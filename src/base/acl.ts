/**
 * Access control lists: who may do what with a znode. What a list may look like, for all rooms; who a list lets in is
 * decided in `znode/access.ts` alone. As in ZooKeeper, a list concerns its own znode, not what is below.
 */
import { utf8Length } from "./bytes.ts";

/** Who may do what with a znode: an item of its access control list. See `acl.ts`. */
export interface AclItem {
  /** Sum of permissions; a signed 32-bit integer. */
  readonly perms: number;
  readonly scheme: string;
  /** Who, in the terms of the scheme. */
  readonly id: string;
}

/** An access control list: a client may do what any of the items gives to one of those that it is. Never empty where it is kept. */
export type Acl = readonly AclItem[];

/** One of those that a client has shown to be, as lists name them: `digest`, `ip`, or `super`, who may do everything. */
export interface ClientIdentity {
  readonly scheme: string;
  readonly id: string;
}

/** What shows who a client is. Only doors look at it: what is behind them is told {@link ClientIdentity}s. */
export interface Credential {
  /** Such as `digest`. */
  readonly scheme: string;
  /** Such as `user:password`. */
  readonly auth: Uint8Array;
}

/** What an item may permit. A list's item has a sum of these. */
export const permission = {
  /** To read its data, and the names of its children. */
  read: 1,
  /** To set its data. */
  write: 2,
  /** To create children. */
  create: 4,
  /** To delete children. */
  delete: 8,
  /** To set its list. */
  admin: 16,
} as const;

/** Of {@link permission}, by name. */
export type PermissionName = keyof typeof permission;

/** All of them. */
export const allPermissions = 31;

/** Everybody may do everything: the list of a znode that was given none. */
export const openAcl: Acl = [{ perms: allPermissions, scheme: "world", id: "anyone" }];

/** Everybody may look, and nobody but `super` change anything. */
const readOnlyAcl: Acl = [{ perms: permission.read, scheme: "world", id: "anyone" }];

/**
 * The list that the znode of a path has unless it is given another. All may read where the servers are, and nobody write
 * it: clients would connect to whatever it names.
 */
export function initialAcl(path: string): Acl {
  return path === "/zookeeper/config" ? readOnlyAcl : openAcl;
}

/** Whether two lists say the same in the same words. */
export function aclEqual(a: Acl, b: Acl): boolean {
  return a === b || (a.length === b.length && a.every((item, i) => sameItem(item, b[i])));
}

function sameItem(a: AclItem, b: AclItem | undefined): boolean {
  return a.perms === b?.perms && a.scheme === b.scheme && a.id === b.id;
}

/** The items, each once, in the order of their first. In time that grows with their bytes alone: clients send them. */
export function withoutRepetition(acl: Acl): Acl {
  const once = new Map<string, AclItem>();
  for (const item of acl) {
    const key = JSON.stringify([item.perms, item.scheme, item.id]);
    if (!once.has(key)) once.set(key, item);
  }
  return [...once.values()];
}

/** Bytes of a list, about. */
export function aclBytes(acl: Acl): number {
  let bytes = 0;
  for (const { scheme, id } of acl) bytes += 8 + utf8Length(scheme) + utf8Length(id);
  return bytes;
}

/** Why an item is none, as the end of a sentence; `undefined` if it is one. Whether anybody is meant by it is another question. */
export function itemProblem({ scheme, id }: AclItem): string | undefined {
  switch (scheme) {
    case "world":
      return id === "anyone" ? undefined : "the scheme world knows nobody but anyone";
    case "auth":
      return undefined;
    case "digest":
      return isDigest(id) ? undefined : "an id of the scheme digest is USER:HASH";
    case "ip":
      return prefixOf(id) === undefined ? "an id of the scheme ip is an IPv4 address, or ADDRESS/BITS" : undefined;
    default:
      return `there is no scheme ${quoted(scheme)}: it is one of world, auth, digest and ip`;
  }
}

/** As ZooKeeper counts them, parts at the end that are empty are none: there is one colon in front of the last that is not. */
function isDigest(id: string): boolean {
  // No pattern: one that looks for the colons at the end takes the square of their number, while all servers wait.
  let end = id.length;
  while (id[end - 1] === ":") end--;
  const first = id.indexOf(":");
  return first !== -1 && first < end && id.lastIndexOf(":", end - 1) === first;
}

/** Addresses that have their first bits in common. */
export interface Prefix {
  /** As a 32-bit integer. */
  readonly address: number;
  /** 0 to 32. */
  readonly bits: number;
}

/** What an id of the scheme `ip` stands for; undefined if it is none. IPv4 only, as in ZooKeeper 3.8. */
export function prefixOf(id: string): Prefix | undefined {
  const slash = id.indexOf("/");
  const address = addressOf(slash === -1 ? id : id.slice(0, slash));
  const bits = slash === -1 ? 32 : integerOf(id.slice(slash + 1));
  return address === undefined || bits === undefined || bits < 0 || bits > 32 ? undefined : { address, bits };
}

/** An IPv4 address as a 32-bit integer; undefined if it is none. */
export function addressOf(text: string): number | undefined {
  const parts = text.split(".").map(integerOf);
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (part === undefined || part < 0 || part > 255) return undefined;
    address = (address << 8) | part;
  }
  return address;
}

function integerOf(text: string): number | undefined {
  return /^[+-]?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** By the letters that ZooKeeper's shell uses, in its order. */
const letters = [
  ["c", permission.create],
  ["d", permission.delete],
  ["r", permission.read],
  ["w", permission.write],
  ["a", permission.admin],
] as const;

/** The letters of all permissions. */
export const permissionLetters = letters.map(([letter]) => letter).join("");

/** Permissions as letters, `cdrwa`; other bits than those that mean something are left out. */
export function permissionsText(perms: number): string {
  return letters.map(([letter, bit]) => ((perms & bit) === 0 ? "" : letter)).join("");
}

/** What a client wrote, for a sentence: failures are remembered and sent, so that none may be as long as a request. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

/** An item as people write it: `scheme:id:perms`. */
export function itemText({ perms, scheme, id }: AclItem): string {
  return `${scheme}:${id}:${permissionsText(perms)}`;
}

/** A list as people write it. */
export function aclText(acl: Acl): string {
  return acl.length === 0 ? "nobody" : acl.map(itemText).join(",");
}
