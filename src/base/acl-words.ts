/** Items of access control lists as people write them. How they are shown: `acl.ts`. */
import { type AclItem, itemProblem, permissionLetters, permissionsText } from "./acl.ts";

/** The permissions that letters stand for; undefined if one of them is no letter of a permission. */
export function permissionsOf(text: string): number | undefined {
  let perms = 0;
  for (const letter of text) {
    const bit = bits.get(letter);
    if (bit === undefined) return undefined;
    perms |= bit;
  }
  return perms;
}

/** By letter. */
const bits = new Map([1, 2, 4, 8, 16].map((bit) => [permissionsText(bit), bit]));

/** Reads an item as people write it; a string says, as a sentence, why it is none. */
export function itemOf(text: string): AclItem | string {
  const first = text.indexOf(":");
  const last = text.lastIndexOf(":");
  if (first <= 0 || last <= first) return `${JSON.stringify(text)} is not scheme:id:permissions`;
  const letters = text.slice(last + 1);
  const perms = permissionsOf(letters);
  if (perms === undefined || perms === 0)
    return (
      `${JSON.stringify(letters)}, behind the last colon of ${JSON.stringify(text)}, are no permissions: ` +
      `they are letters of ${permissionLetters}`
    );
  const item = { perms, scheme: text.slice(0, first), id: text.slice(first + 1, last) };
  const problem = itemProblem(item);
  return problem === undefined ? item : `${JSON.stringify(text)} is no item of a list: ${problem}`;
}
