/**
 * Who a connection's client is: its address, and whoever else it has shown to be. It lasts as long as the connection. Here,
 * and nowhere behind the doors, are credentials looked at.
 */
import { createHash } from "node:crypto";
import type { ClientIdentity, Credential } from "../base/acl.ts";
import { utf8Length } from "../base/bytes.ts";
import type { ErrorCode } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { AdmittedMessage, ClientMessage } from "../protocol/client-messages.ts";

/** Whom all servers' doors have in common. */
export interface IdentityOptions {
  /** What a digest has to come to so that its client may do everything: `USER:HASH`. Left out: nobody may. */
  readonly superDigest?: string | undefined;
}

export class Identities {
  #known: readonly ClientIdentity[];
  readonly #superDigest: string | undefined;

  /** `address`: of the client, without a port. */
  constructor(address: string, { superDigest }: IdentityOptions = {}) {
    this.#known = [{ scheme: "ip", id: address }];
    this.#superDigest = superDigest;
  }

  /** All that the client is by now: another array whenever there is one more. */
  get all(): readonly ClientIdentity[] {
    return this.#known;
  }

  /** The client shows a credential. Undefined: it is one, and there was room; else why not, as a sentence. */
  add({ scheme, auth }: Credential): string | undefined {
    switch (scheme) {
      case "digest":
        if (auth.length > limits.credentialBytesMax)
          return `a credential has at most ${limits.credentialBytesMax} bytes, and this one ${auth.length}`;
        return this.#addDigest(digestOf(auth));
      case "ip":
        // The address is known, whatever the client says.
        return undefined;
      default:
        return `there are no credentials of the scheme ${JSON.stringify(scheme.slice(0, 100))}: it is digest`;
    }
  }

  #addDigest(id: string): string | undefined {
    const shown: ClientIdentity[] = [{ scheme: "digest", id }];
    if (id === this.#superDigest) shown.unshift({ scheme: "super", id: "" });
    const fresh = shown.filter(({ scheme, id: shownId }) => !this.#isKnown(scheme, shownId));
    if (this.#known.length + fresh.length > limits.identitiesMax)
      return `the client of a connection shows at most ${limits.identitiesMax} identities`;
    const all = [...this.#known, ...fresh];
    if (bytesOf(all) > limits.identitiesBytesMax)
      return `the identities that a connection shows have at most ${limits.identitiesBytesMax} bytes`;
    if (fresh.length > 0) this.#known = all;
    return undefined;
  }

  #isKnown(scheme: string, id: string): boolean {
    return this.#known.some((known) => known.scheme === scheme && known.id === id);
  }
}

/** About what they take in an entry of the log: each write of the connection has them. */
function bytesOf(identities: readonly ClientIdentity[]): number {
  let bytes = 0;
  for (const { scheme, id } of identities) bytes += 12 + utf8Length(scheme) + utf8Length(id);
  return bytes;
}

/** The identity that "user:password" shows: the user, and what the whole is hashed to, so that lists betray no password. */
export function digestOf(credential: Uint8Array): string {
  const text = new TextDecoder().decode(credential);
  return `${userOf(text)}:${createHash("sha1").update(credential).digest("base64")}`;
}

/** What stands before the first colon. */
export function userOf(text: string): string {
  const colon = text.indexOf(":");
  return colon === -1 ? text : text.slice(0, colon);
}

/** A native client's message as the node hears it: with whom its credentials show instead of them. */
export function admitted(message: ClientMessage, identities: Identities): AdmittedMessage {
  if (message.type === "connect") {
    const { credentials = [], ...connect } = message;
    // One that is none any more opens nothing: no reason to keep the session from its client.
    for (const credential of credentials) identities.add(credential);
    return { ...connect, identities: identities.all };
  }
  if (message.type !== "request" || message.body.type !== "auth") return message as AdmittedMessage;
  const problem = identities.add(message.body.credential);
  if (problem === undefined) return { ...message, body: { type: "shown", identities: identities.all } };
  const code: ErrorCode = "BAD_ARGUMENTS";
  return { ...message, body: { type: "notShown", failure: { code, message: problem } } };
}

/** The address of a socket's other end, an IPv4 one in its own form. */
export function ipOf(remoteAddress = ""): string {
  return remoteAddress.replace(/^::ffff:(?=\d+\.)/, "");
}
