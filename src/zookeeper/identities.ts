/** Who a connection's client is: its address, and whoever else it has shown to be. It lasts as long as the connection. */
import { createHash } from "node:crypto";
import { limits } from "../base/limits.ts";
import type { ClientInfo } from "./records.ts";

/** One of those that a client is, as access control lists name them. */
export interface AuthIdentity {
  readonly scheme: string;
  readonly id: string;
}

export class Identities {
  readonly #known: AuthIdentity[];

  /** `address`: of the client, without a port. */
  constructor(address: string) {
    this.#known = [{ scheme: "ip", id: address }];
  }

  /** The client shows a credential. Whether it is one, and there is room for another identity. */
  add(scheme: string, credential: Uint8Array): boolean {
    switch (scheme) {
      case "digest":
        return this.#add({ scheme, id: digestOf(credential) });
      case "ip":
        // The address is known, whatever the client says.
        return true;
      default:
        return false;
    }
  }

  /** As whoAmI tells it: names alone. */
  get clientInfos(): readonly ClientInfo[] {
    return this.#known.map(({ scheme, id }) => ({ scheme, user: scheme === "digest" ? userOf(id) : id }));
  }

  #add(identity: AuthIdentity): boolean {
    if (this.#known.some(({ scheme, id }) => scheme === identity.scheme && id === identity.id)) return true;
    if (this.#known.length >= limits.identitiesMax) return false;
    this.#known.push(identity);
    return true;
  }
}

/** The identity that "user:password" shows: the user, and what the whole is hashed to, so that lists betray no password. */
export function digestOf(credential: Uint8Array): string {
  const text = new TextDecoder().decode(credential);
  return `${userOf(text)}:${createHash("sha1").update(credential).digest("base64")}`;
}

function userOf(text: string): string {
  const colon = text.indexOf(":");
  return colon === -1 ? text : text.slice(0, colon);
}
