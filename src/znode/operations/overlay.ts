/** A view that shows edits as if they were done. Dropped, it leaves nothing behind: see docs/decisions/0017. */
import { present } from "../../base/assert.ts";
import type { ClientIdentity, SessionId } from "../../base/operations.ts";
import { parentPath } from "../paths.ts";
import { nextVersion } from "../stat.ts";
import type { DecidedOn, PartEdit, View } from "./decision.ts";

export class Overlay implements View {
  readonly sessionId: SessionId;
  readonly identities: readonly ClientIdentity[];
  readonly timeMs: number;
  readonly #below: View;
  /** By path: what became of it; `undefined` where it is gone. */
  readonly #shown = new Map<string, DecidedOn | undefined>();
  /** How many ephemerals the one who asks has more than below. */
  #ephemerals = 0;

  constructor(below: View) {
    this.sessionId = below.sessionId;
    this.identities = below.identities;
    this.timeMs = below.timeMs;
    this.#below = below;
  }

  ephemerals(): number {
    return this.#below.ephemerals() + this.#ephemerals;
  }

  znode(path: string): DecidedOn | undefined {
    return this.#shown.has(path) ? this.#shown.get(path) : this.#below.znode(path);
  }

  /** Shows an edit, decided on this view, as done. */
  show(edit: PartEdit): void {
    switch (edit.type) {
      case "insert": {
        const { path, parent, ephemeralOwner, acl } = edit;
        if (ephemeralOwner !== 0) this.#ephemerals++;
        const fresh = { version: 0, aversion: 0, childCounter: 0, children: undefined };
        this.#shown.set(path, { path, ephemeralOwner, acl, ...fresh });
        const { childCounter } = this.#there(parent);
        return this.#childChanged(parent, 1, (childCounter + 1) | 0);
      }
      case "remove": {
        if (this.#there(edit.path).ephemeralOwner === this.sessionId) this.#ephemerals--;
        this.#shown.set(edit.path, undefined);
        const parent = present(parentPath(edit.path), "the parent of a path");
        return this.#childChanged(parent, -1, this.#there(parent).childCounter);
      }
      case "setData": {
        const { version } = this.#there(edit.path);
        return this.#change(edit.path, { version: nextVersion(version) });
      }
      case "setAcl": {
        const { aversion } = this.#there(edit.path);
        return this.#change(edit.path, { acl: edit.acl, aversion: nextVersion(aversion) });
      }
      case "check":
        return;
    }
  }

  #childChanged(parent: string, by: 1 | -1, childCounter: number): void {
    const size = (this.#there(parent).children?.size ?? 0) + by;
    this.#change(parent, { childCounter, children: size === 0 ? undefined : { size } });
  }

  #change(at: string, to: Partial<DecidedOn>): void {
    // Field by field: it may be a znode of the tree, which has more, and changes.
    const { path, version, aversion, acl, childCounter, ephemeralOwner, children } = this.#there(at);
    this.#shown.set(path, { path, version, aversion, acl, childCounter, ephemeralOwner, children, ...to });
  }

  #there(path: string): DecidedOn {
    return present(this.znode(path), "what an edit concerns");
  }
}
