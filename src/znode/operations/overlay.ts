/** A view that shows edits as if they were done. Dropped, it leaves nothing behind: see docs/decisions/0017. */
import { present } from "../../base/assert.ts";
import type { SessionId } from "../../base/operations.ts";
import { parentPath } from "../paths.ts";
import { nextVersion } from "../stat.ts";
import type { DecidedOn, PartEdit, View } from "./decision.ts";

export class Overlay implements View {
  readonly sessionId: SessionId;
  readonly timeMs: number;
  readonly #below: View;
  /** By path: what became of it; `undefined` where it is gone. */
  readonly #shown = new Map<string, DecidedOn | undefined>();
  /** How many ephemerals the one who asks has more than below. */
  #ephemerals = 0;

  constructor(below: View) {
    this.sessionId = below.sessionId;
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
        const { path, parent, ephemeralOwner } = edit;
        if (ephemeralOwner !== 0) this.#ephemerals++;
        this.#shown.set(path, { path, version: 0, childCounter: 0, ephemeralOwner, children: undefined });
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
        const { path, version, childCounter, ephemeralOwner, children } = this.#there(edit.path);
        this.#shown.set(path, { path, version: nextVersion(version), childCounter, ephemeralOwner, children });
        return;
      }
      case "check":
        return;
    }
  }

  #childChanged(parent: string, by: 1 | -1, childCounter: number): void {
    const { path, version, ephemeralOwner, children } = this.#there(parent);
    const size = (children?.size ?? 0) + by;
    this.#shown.set(path, { path, version, childCounter, ephemeralOwner, children: size === 0 ? undefined : { size } });
  }

  #there(path: string): DecidedOn {
    return present(this.znode(path), "what an edit concerns");
  }
}
