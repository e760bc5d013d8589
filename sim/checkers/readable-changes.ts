/**
 * Who is to be told of what, where lists keep something from somebody: a watch that stays armed tells of no znode that its
 * client may not read. A client is somebody from the moment at which its server hears so, which is within bounds only:
 * not before it said so, and not later than an answer to what it asked behind that.
 */
import type { ClientIdentity } from "../../src/base/acl.ts";
import type { Zxid } from "../../src/base/operations.ts";
import type { ClientMessage } from "../../src/protocol/client-messages.ts";
import { may } from "../access-rules.ts";
import { shownBy } from "../world/identities.ts";
import type { ModelChange } from "./model-tree.ts";

/** Who the client of a session is for sure, from which zxid on. */
export class SureIdentities {
  readonly #shown: { readonly from: Zxid; readonly identities: readonly ClientIdentity[] }[] = [];

  /** An answer has come to what it asked when it had shown to be these; of all behind `applied` it was sure to be told. */
  answered(identities: readonly ClientIdentity[], applied: Zxid): void {
    if (identities.length > (this.#shown.at(-1)?.identities.length ?? 0))
      this.#shown.push({ from: applied, identities });
  }

  /** Whether it has to be told of a change. */
  mayRead({ acl, zxid }: ModelChange): boolean {
    return may(acl, ["READ"], this.#shown.findLast(({ from }) => from < zxid)?.identities ?? []);
  }
}

/** Who the client of one connection may be by now: whoever it has said to be. */
export class SaidIdentities {
  #said: readonly ClientIdentity[];

  constructor(first: readonly ClientIdentity[]) {
    this.#said = first;
  }

  /** The client said this. */
  heard(message: ClientMessage): void {
    if (message.type === "connect")
      for (const credential of message.credentials ?? []) this.#said = shownBy(this.#said, credential);
    else if (message.type === "request" && message.body.type === "auth")
      this.#said = shownBy(this.#said, message.body.credential);
  }

  /** Whether it may be told of a change. */
  mayRead({ acl }: ModelChange): boolean {
    return may(acl, ["READ"], this.#said);
  }
}
