/** What a client has to do with access control: who it is, and who may do what. */
import type { CountOptions, NodeAcl, RequestOptions } from "./options.ts";
import { field, type RequestSender } from "./request-sender.ts";
import { aclRequest, authRequest } from "./requests.ts";
import { TreeReader } from "./tree-reader.ts";

/** The part of a client that reads the tree, shows who it is, and reads lists. */
export class ClientAccess extends TreeReader {
  readonly #sender: RequestSender;

  /** `sender`: of the client's session. */
  constructor(sender: RequestSender) {
    super(sender);
    this.#sender = sender;
  }

  /**
   * Who may do what with a znode. Rejects with NO_NODE, NO_AUTH (who may neither read it nor change its list may not).
   *
   * ```ts
   * for (const { scheme, id, perms } of (await client.getAcl("/config")).acl) console.log(scheme, id, perms);
   * ```
   */
  getAcl(path: string, options: CountOptions = {}): Promise<NodeAcl> {
    return this.#sender.send(
      () => aclRequest(path, options),
      options,
      ({ acl, stat }, zxid) => ({ acl: field(acl, "acl"), stat: field(stat, "stat"), zxid }),
    );
  }

  /**
   * Shows who the client is: from here on, and on every server that it moves to, it is that one too. Later requests may do
   * what lists permit to it; `auth` in a list stands for all whom the client has shown to be. The server keeps no password,
   * nor do lists: what is in them it was hashed to (`digestId`). Rejects with BAD_ARGUMENTS.
   *
   * ```ts
   * await client.addAuth("digest", "alice:secret");
   * await client.create("/mine", "", { acl: parseAcl("auth::cdrwa") });
   * ```
   */
  addAuth(scheme: string, auth: string | Uint8Array, options: RequestOptions = {}): Promise<void> {
    return this.#sender.send(
      () => authRequest(scheme, auth, options),
      options,
      () => undefined,
    );
  }
}
