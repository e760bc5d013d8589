/** A view that shows edits as if they were done. Dropped, it leaves nothing behind: see docs/decisions/0017. */

import type { ClientIdentity } from "../../base/acl.ts";
import { present } from "../../base/assert.ts";
import type { SessionId } from "../../base/operations.ts";
import type { QuotaCounts } from "../../base/quotas.ts";
import { parentPath } from "../paths.ts";
import type { QuotaView } from "../quotas.ts";
import { nextVersion } from "../stat.ts";
import type { DecidedOn, PartEdit, View } from "./decision.ts";

export class Overlay implements View {
  readonly sessionId: SessionId;
  readonly identities: readonly ClientIdentity[];
  readonly timeMs: number;
  readonly #below: View;
  /** By path: what became of it; `undefined` where it is gone. */
  readonly #shown = new Map<string, DecidedOn | undefined>();
  /** By path of a quota that was in force below: what has come to it. */
  readonly #counted = new Map<string, QuotaCounts>();
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

  /**
   * Limits are those from before: one that is set, or taken away, counts from the next entry on. What is there is what the
   * edits leave.
   */
  quotas(path: string): readonly QuotaView[] {
    const below = this.#below.quotas(path);
    if (this.#counted.size === 0) return below;
    return below.map((quota) => {
      const { count = 0, bytes = 0 } = this.#counted.get(quota.path) ?? {};
      return { path: quota.path, limits: quota.limits, count: quota.count + count, bytes: quota.bytes + bytes };
    });
  }

  /** Shows an edit, decided on this view, as done. */
  show(edit: PartEdit): void {
    switch (edit.type) {
      case "insert": {
        const { path, parent, ephemeralOwner, acl } = edit;
        const { length } = edit.data;
        if (ephemeralOwner !== 0) this.#ephemerals++;
        this.#count(path, 1, length);
        const fresh = { version: 0, aversion: 0, childCounter: 0, children: undefined };
        this.#shown.set(path, { path, ephemeralOwner, acl, bytes: edit.data, start: 0, length, ...fresh });
        const { childCounter } = this.#there(parent);
        return this.#childChanged(parent, 1, (childCounter + 1) | 0);
      }
      case "remove": {
        const gone = this.#there(edit.path);
        if (gone.ephemeralOwner === this.sessionId) this.#ephemerals--;
        this.#count(edit.path, -1, -gone.length);
        this.#shown.set(edit.path, undefined);
        const parent = present(parentPath(edit.path), "the parent of a path");
        return this.#childChanged(parent, -1, this.#there(parent).childCounter);
      }
      case "setData": {
        const before = this.#there(edit.path);
        const { length } = edit.data;
        this.#count(edit.path, 0, length - before.length);
        return this.#change(edit.path, { version: nextVersion(before.version), bytes: edit.data, start: 0, length });
      }
      case "setAcl": {
        const { aversion } = this.#there(edit.path);
        return this.#change(edit.path, { acl: edit.acl, aversion: nextVersion(aversion) });
      }
      case "check":
        return;
    }
  }

  #count(path: string, count: number, bytes: number): void {
    for (const quota of this.#below.quotas(path)) {
      const before = this.#counted.get(quota.path) ?? { count: 0, bytes: 0 };
      this.#counted.set(quota.path, { count: before.count + count, bytes: before.bytes + bytes });
    }
  }

  #childChanged(parent: string, by: 1 | -1, childCounter: number): void {
    const size = (this.#there(parent).children?.size ?? 0) + by;
    this.#change(parent, { childCounter, children: size === 0 ? undefined : { size } });
  }

  #change(at: string, to: Partial<DecidedOn>): void {
    // Field by field: it may be a znode of the tree, which has more, and changes.
    const { path, version, aversion, acl, childCounter, ephemeralOwner, children, bytes, start, length } =
      this.#there(at);
    const before = { path, version, aversion, acl, childCounter, ephemeralOwner, children, bytes, start, length };
    this.#shown.set(path, { ...before, ...to });
  }

  #there(path: string): DecidedOn {
    return present(this.znode(path), "what an edit concerns");
  }
}
