/** Access control lists as people write them. */
import { createHash } from "node:crypto";
import type { AclItem } from "../base/acl.ts";
import { itemOf } from "../base/acl-words.ts";
import { TerrariumError } from "../base/errors.ts";

/**
 * Reads a list of items `scheme:id:permissions` with commas between, as ZooKeeper's shell does; permissions are letters of
 * `cdrwa` (create, delete, read, write, admin). Throws INVALID_ACL.
 *
 * ```ts
 * const acl = parseAcl("world:anyone:r,auth::cdrwa,ip:10.0.0.0/8:rw");
 * ```
 */
export function parseAcl(text: string): readonly AclItem[] {
  return text.split(",").map((part) => {
    const item = itemOf(part.trim());
    if (typeof item !== "string") return item;
    throw new TerrariumError("INVALID_ACL", item);
  });
}

/**
 * The id by which lists of the scheme digest name who shows `user:password`: the user, and what the whole is hashed to.
 *
 * ```ts
 * const acl = [{ perms: permission.read, scheme: "digest", id: digestId("alice:secret") }];
 * ```
 */
export function digestId(credential: string): string {
  const [user = ""] = credential.split(":", 1);
  return `${user}:${createHash("sha1").update(credential).digest("base64")}`;
}
