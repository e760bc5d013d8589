/** Who may do what: pure, and all there is to know of schemes. A znode's list concerns the znode alone, not what is below. */
import {
  type Acl,
  type AclItem,
  aclBytes,
  addressOf,
  type ClientIdentity,
  itemProblem,
  itemText,
  openAcl,
  type PermissionName,
  permission,
  prefixOf,
  quoted,
  withoutRepetition,
} from "../base/acl.ts";
import { limits } from "../base/limits.ts";
import { type Refusal, refusal } from "./failures.ts";
import { quotePath } from "./paths.ts";

/** Whose list it is, and what it says. */
interface Guarded {
  readonly path: string;
  readonly acl: Acl;
}

/** Whether the list permits one of `wanted`, a sum of permissions, to who is one of `identities`. */
export function permits(acl: Acl, wanted: number, identities: readonly ClientIdentity[]): boolean {
  if (acl === openAcl) return true;
  if (identities.some(({ scheme }) => scheme === "super")) return true;
  return acl.some((item) => (item.perms & wanted) !== 0 && isMeant(item, identities));
}

function isMeant(item: AclItem, identities: readonly ClientIdentity[]): boolean {
  switch (item.scheme) {
    case "world":
      return item.id === "anyone";
    case "digest":
      return identities.some(({ scheme, id }) => scheme === "digest" && id === item.id);
    case "ip":
      return identities.some(({ scheme, id }) => scheme === "ip" && isWithin(id, item.id));
    default:
      return false;
  }
}

/** Whether an address has the first bits of a prefix. */
function isWithin(address: string, prefix: string): boolean {
  const wanted = prefixOf(prefix);
  const found = addressOf(address);
  if (wanted === undefined || found === undefined) return false;
  // A shift by 32 would be none.
  return wanted.bits === 0 || (found ^ wanted.address) >>> (32 - wanted.bits) === 0;
}

/** Why the client may not do something with a znode; undefined if it may. */
export function forbidden(
  { path, acl }: Guarded,
  name: PermissionName,
  identities: readonly ClientIdentity[],
): Refusal | undefined {
  if (permits(acl, permission[name], identities)) return undefined;
  return notAllowed(path, name.toUpperCase());
}

/** `permission`: what the list of the znode does not give to the client. */
export function notAllowed(path: string, permission: string): Refusal {
  return refusal(
    "NO_AUTH",
    `the access control list of ${path} does not give this client the permission ${permission}`,
  );
}

/**
 * The list that is kept where `acl` is wanted for the znode `path`: each item once, and whoever the client has shown to be
 * in place of `auth`. INVALID_ACL: it is none, or too large.
 */
export function keptAcl(
  path: string,
  acl: Acl,
  identities: readonly ClientIdentity[],
): { readonly acl: Acl; readonly failure?: never } | Refusal {
  if (acl.length === 0) return invalidAcl(path, "it is empty, so that nobody could do anything");
  if (acl.length > limits.aclItemsMax) return invalidAcl(path, `it has more than ${limits.aclItemsMax} items`);
  const shown = identities.filter(({ scheme }) => scheme === "digest");
  const kept: AclItem[] = [];
  for (const item of withoutRepetition(acl)) {
    const problem = itemProblem(item);
    if (problem !== undefined) return invalidAcl(path, `${quoted(itemText(item))} is no item: ${problem}`);
    if (item.scheme !== "auth") kept.push({ perms: item.perms, scheme: item.scheme, id: item.id });
    else if (shown.length === 0) return invalidAcl(path, "auth is whoever the client has shown to be, which is nobody");
    else for (const { scheme, id } of shown) kept.push({ perms: item.perms, scheme, id });
    if (kept.length > limits.aclItemsMax) return invalidAcl(path, `it has more than ${limits.aclItemsMax} items`);
  }
  if (aclBytes(kept) > limits.aclBytesMax) return invalidAcl(path, `it has more than ${limits.aclBytesMax} bytes`);
  return { acl: kept };
}

function invalidAcl(path: string, problem: string): Refusal {
  return refusal("INVALID_ACL", `the access control list for ${quotePath(path)} is refused: ${problem}`);
}

/** A list for who may read it and not change it: what digests are hashed to is left out. */
export function withoutHashes(acl: Acl): Acl {
  return acl.map((item) => (item.scheme === "digest" ? { ...item, id: item.id.replace(/:.*/s, ":x") } : item));
}
