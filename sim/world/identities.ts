/** What a simulated door makes of credentials: as `src/doors/identities.ts`, but for the hash, which is none. */

import type { ClientIdentity, Credential } from "../../src/base/acl.ts";
import { fromUtf8 } from "../../src/base/bytes.ts";
import type { AdmittedMessage, ClientMessage } from "../../src/protocol/client-messages.ts";
import { addressOf, simDigest, superCredential } from "../access-rules.ts";

/** Who a client is by now, and after another credential. */
export function shownBy(known: readonly ClientIdentity[], { auth }: Credential): readonly ClientIdentity[] {
  const credential = fromUtf8(auth);
  const id = simDigest(credential);
  if (known.some((one) => one.id === id)) return known;
  const all = credential === superCredential ? [...known, { scheme: "super", id: "" }] : known;
  return [...all, { scheme: "digest", id }];
}

/** Who a client is as it comes, if servers know addresses. */
export function firstIdentities(client: number, addresses: boolean): readonly ClientIdentity[] {
  return addresses ? [{ scheme: "ip", id: addressOf(client) }] : [];
}

/** The door's end of one connection. */
export class SimDoor {
  #known: readonly ClientIdentity[];

  constructor(known: readonly ClientIdentity[]) {
    this.#known = known;
  }

  /** What the node hears. */
  admit(message: ClientMessage): AdmittedMessage {
    if (message.type === "connect") {
      const { credentials = [], ...connect } = message;
      for (const credential of credentials) this.#known = shownBy(this.#known, credential);
      return { ...connect, identities: this.#known };
    }
    if (message.type !== "request" || message.body.type !== "auth") return message as AdmittedMessage;
    const { credential } = message.body;
    if (credential.scheme !== "digest") {
      const failure = { code: "BAD_ARGUMENTS", message: "there are no credentials of this scheme" } as const;
      return { ...message, body: { type: "notShown", failure } };
    }
    this.#known = shownBy(this.#known, credential);
    return { ...message, body: { type: "shown", identities: this.#known } };
  }
}
