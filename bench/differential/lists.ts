/** Whom clients show to be, and the access control lists that they set: drawn, good and bad ones. */
import { type Acl, type AclItem, openAcl } from "../../src/base/acl.ts";
import type { Random } from "../../src/base/random.ts";
import { digestId } from "../../src/client/acl.ts";

/** What a client may show as a digest. */
export const credentials = ["bob:secret", "bob:other", "bob", "", "a:b:c", "\u00fc:x"];

/** Of whom lists speak: by scheme, ids that there are and ids that are none. */
const ids: readonly (readonly [scheme: string, id: string])[] = [
  ["world", "anyone"],
  ["world", "anyone"],
  ["world", "bob"],
  ["auth", ""],
  ["auth", ""],
  ["auth", "whatever"],
  ...credentials.slice(0, 4).map((credential) => ["digest", digestId(credential)] as const),
  ["digest", digestId("bob:secret")],
  ["digest", "bob"],
  ["digest", "a:b:"],
  ["digest", "a:b:c"],
  ["digest", ":"],
  ["ip", "127.0.0.1"],
  ["ip", "127.1.2.3/8"],
  ["ip", "127.0.0.0/31"],
  ["ip", "127.0.0.2/31"],
  ["ip", "1.2.3.4/0"],
  ["ip", "10.0.0.1"],
  ["ip", "127.0.0.1/33"],
  ["ip", "127.0.0.1/-1"],
  ["ip", "127.0.0.1/+8"],
  ["ip", "127.0.0.1/"],
  ["ip", "127.0.0.256"],
  ["ip", "::1"],
  ["ip", ""],
  ["super", ""],
  ["sasl", "bob"],
  ["", ""],
];

/** Mostly for everybody: otherwise little would be left that anybody may do. */
export function drawAcl(random: Random): Acl {
  const below = (n: number): number => Math.floor(random() * n);
  if (random() < 0.75) return openAcl;
  if (random() < 0.1) return [];
  const items: AclItem[] = [];
  // Whoever is locked out for good makes the rest of the sequence dull.
  if (random() < 0.3) items.push({ perms: 1 + below(31), scheme: "world", id: "anyone" });
  for (let i = 1 + below(2); i > 0; i--) {
    const [scheme, id] = ids[below(random() < 0.7 ? 6 : ids.length)] ?? ["world", "anyone"];
    const perms = random() < 0.6 ? 31 : random() < 0.9 ? below(32) : ([0, -1, 2 ** 31 - 1, 64, 33][below(5)] ?? 0);
    items.push({ perms, scheme, id });
    if (random() < 0.1) items.push({ perms, scheme, id });
  }
  return items;
}
