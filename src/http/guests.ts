/**
 * Who may read what the pages read. A web page from elsewhere must not get at the tree by way of somebody's browser: not by
 * a name of its own that it has resolve to this server (DNS rebinding), and not by asking from its own place.
 */
import { isIP } from "node:net";

/** What of a request tells where it comes from. */
export interface Origin {
  /** The Host header. */
  readonly host: string | undefined;
  /** Sec-Fetch-Site, which browsers send and pages cannot set. */
  readonly fetchSite: string | undefined;
}

/** A rule for the names under which this server may be asked. */
export class Guests {
  readonly #names: ReadonlySet<string>;

  /** `names`: names (without port) that are this server's, beside the loopback names and all IP addresses. */
  constructor(names: readonly string[]) {
    this.#names = new Set(["localhost", ...names.map((name) => name.toLowerCase())]);
  }

  /**
   * Why a request is refused, a sentence; undefined if it is not. An address instead of a name is no danger: a page could
   * have got there only from this server.
   */
  refusal({ host, fetchSite }: Origin): string | undefined {
    if (host === undefined || host === "") return "the request does not say whom it is for (Host)";
    const name = nameOf(host);
    if (name === undefined) return "the Host header is malformed";
    const own = isIP(name) !== 0 || this.#names.has(name) || name.endsWith(".localhost");
    if (!own) return `this server is not known as ${name.slice(0, 100)}`;
    if (fetchSite !== undefined && !["same-origin", "none"].includes(fetchSite))
      return "a page of another site asks, which may not read this";
    return undefined;
  }
}

/** The name in a Host header, in lower case, without the port and the brackets of an IPv6 address. */
function nameOf(host: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/?#[\]@\\]+))(?::\d{1,5})?$/.exec(host);
  const name = (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, "");
  return name === "" ? undefined : name;
}
