/**
 * Who comes to this door and is no ZooKeeper client. A client's first four bytes are the length of its handshake; those
 * of others are letters, or a TLS record, and as a length too large to be one.
 */

/** Another protocol, or a four-letter word. */
export type ForeignProtocol = "grpc" | "http" | "tls" | "word";

const methods = ["GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE", "PATC", "CONN", "TRAC"];

/** Words that a ZooKeeper server knows. */
const words = new Set(
  "conf cons crst dirs dump envi gtmk hash isro mntr ruok srst srvr stat stmk wchc wchp wchs".split(" "),
);

/** Who it is, by the first four bytes as a number; undefined: it may be a client. `word`: the word that was said. */
export function strangerOf(head: number): { readonly reason: ForeignProtocol; readonly word?: string } | undefined {
  const text = String.fromCharCode((head >>> 24) & 0xff, (head >>> 16) & 0xff, (head >>> 8) & 0xff, head & 0xff);
  if (words.has(text)) return { reason: "word", word: text };
  if (text === "PRI ") return { reason: "grpc" };
  if (methods.includes(text)) return { reason: "http" };
  if (head >>> 16 === 0x1603) return { reason: "tls" };
  return undefined;
}
