/**
 * Decide, then do. An operation is decided on a view of the tree, and deciding changes nothing: what comes out is either
 * why not, or an edit, which says what is to be done as data (`edits.ts` does it). So a view need not be the tree itself:
 * several operations that are to happen together, or not at all, are decided one after the other on a view that shows the
 * edits before as if they were done.
 */
import type { Acl, ClientIdentity } from "../../base/acl.ts";
import type { PartName, PartOf, SessionId } from "../../base/operations.ts";
import type { Keeping } from "../../base/znode-kinds.ts";
import type { Holder } from "../data-store.ts";
import type { Refusal } from "../failures.ts";
import type { QuotaView } from "../quotas.ts";
import type { ZnodeView } from "../stat.ts";

/** What there is to know of a znode when something is decided: all that an edit may depend on, its data (`viewOf`) too. */
export type DecidedOn = Pick<
  ZnodeView,
  "path" | "version" | "aversion" | "acl" | "childCounter" | "ephemeralOwner" | "children" | keyof Holder
>;

/** What a decision may depend on: nothing else, so that every replica decides alike. */
export interface View {
  /** Who asks. */
  readonly sessionId: SessionId;
  /** Who the one who asks has shown to be. */
  readonly identities: readonly ClientIdentity[];
  /** The entry's stamp, Unix ms: the only time there is. */
  readonly timeMs: number;
  /** How many ephemerals the one who asks owns. */
  ephemerals(): number;
  /** The znode at a path, if there is one, as it is now. */
  znode(path: string): DecidedOn | undefined;
  /** The quotas that a znode at `path` counts for, the deepest first. */
  quotas(path: string): readonly QuotaView[];
}

/** What is to be done. */
export type Edit = PartEdit | MultiEdit;

/** A change of one znode, with all that it leaves in it but the zxid, which is that of the entry; or none. */
export type PartEdit = InsertEdit | RemoveEdit | SetDataEdit | SetAclEdit | CheckEdit;

/** A new znode, under a parent that is there. */
export interface InsertEdit extends Keeping {
  readonly type: "insert";
  readonly failure?: never;
  readonly parent: string;
  readonly path: string;
  readonly data: Uint8Array;
  /** 0 unless ephemeral. */
  readonly ephemeralOwner: SessionId;
  readonly acl: Acl;
  readonly timeMs: number;
}

/** A leaf goes. */
export interface RemoveEdit {
  readonly type: "remove";
  readonly failure?: never;
  readonly path: string;
}

/** New data, and with it the next version. */
export interface SetDataEdit {
  readonly type: "setData";
  readonly failure?: never;
  readonly path: string;
  readonly data: Uint8Array;
  readonly timeMs: number;
}

/** Another list, and with it the next version of the list. */
export interface SetAclEdit {
  readonly type: "setAcl";
  readonly failure?: never;
  readonly path: string;
  readonly acl: Acl;
}

/** Nothing changes. */
export interface CheckEdit {
  readonly type: "check";
  readonly failure?: never;
}

/** Several, one after the other: each was decided as if those before it were done. */
export interface MultiEdit {
  readonly type: "multi";
  readonly failure?: never;
  readonly edits: readonly PartEdit[];
}

/** What is to be done, or why nothing is. */
export type Decision = Refusal | Edit;

/** The same for one part of a multi, or an operation that could be one. */
export type PartDecision = Refusal | PartEdit;

/** Decides the operations of one name. Makes its checks in ZooKeeper's order: the first that fails is the answer. */
export type Decide<N extends PartName> = (view: View, operation: PartOf<N>) => PartDecision;
