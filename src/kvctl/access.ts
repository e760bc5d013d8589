/** What people write about access: the items of lists, and credentials. */

import type { AclItem } from "../base/acl.ts";
import { itemOf } from "../base/acl-words.ts";
import { TerrariumError } from "../base/errors.ts";
import type { Auth } from "../client/index.ts";
import { usage } from "./failures.ts";

/** Items, each a word, or several with commas between. */
export function parseItems(texts: readonly string[]): readonly AclItem[] {
  return texts.flatMap((text) => text.split(",")).map(parseItem);
}

function parseItem(text: string): AclItem {
  const item = itemOf(text.trim());
  if (typeof item !== "string") return item;
  const hint = /^[^:]*:[cdrwa]+$/.test(text)
    ? `nobody is named: write scheme:id:permissions, such as world:anyone:${text.split(":")[1]}`
    : "write world:anyone:r, auth::cdrwa, digest:USER:HASH:rw or ip:10.0.0.0/8:r; `acl --help` says what they mean";
  throw new TerrariumError("INVALID_ACL", item, hint);
}

const form = "write digest:USER:PASSWORD";

/** A credential, `scheme:credential`. */
export function parseAuth(text: string, where: string): Auth {
  const colon = text.indexOf(":");
  const scheme = colon === -1 ? text : text.slice(0, colon);
  const auth = text.slice(colon + 1);
  // It is a password: not to be shown.
  if (scheme !== "digest") throw usage(`${where}: there are no credentials of that scheme`, form);
  if (colon === -1 || !auth.includes(":")) throw usage(`${where}: a user and a password are missing`, form);
  return { scheme, auth };
}

/** The environment's credential, if it has one, and those of the command line. */
export function credentialsOf(
  options: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
) {
  const { KVCTL_AUTH: fromEnv } = env;
  const inEnv = fromEnv === undefined || fromEnv === "" ? [] : [parseAuth(fromEnv, "KVCTL_AUTH")];
  return [...inEnv, ...(options ?? []).map((text) => parseAuth(text, "--auth"))];
}
