/** The command that changes the tree for a client: whether its turn has come, what its operation comes to, what it answers. */
import type { ClientIdentity } from "../base/acl.ts";
import type { Result, SessionId } from "../base/operations.ts";
import type { Applied, Outcome, Write } from "./commands.ts";
import { makeEdit, type Target } from "./edits.ts";
import { standing } from "./exactly-once.ts";
import { refusal } from "./failures.ts";
import type { View } from "./operations/decision.ts";
import { decide } from "./operations/table.ts";
import { changed, dropped, sessionExpired, sessionMoved, unchanged } from "./outcomes.ts";
import type { QuotaView } from "./quotas.ts";
import type { Session } from "./sessions.ts";
import type { Znode } from "./stat.ts";
import type { Tree } from "./tree.ts";

/** Applies a write, stamped with `timeMs`. */
export function applyWrite(target: Target, write: Write, timeMs: number): Applied {
  const { sessions, zxid: index } = target;
  const { sessionId, requestId } = write;
  const session = sessions.get(sessionId);
  if (session === undefined) return dropped(index, write, sessionExpired(sessionId));
  if (session.attachment !== write.attachment) return dropped(index, write, sessionMoved(session));
  sessions.acknowledge(session, write.ackedRequestId);
  const place = standing(session, write);
  switch (place.type) {
    case "refused":
      return dropped(index, write, place.refusal);
    case "gap":
      return unchanged(index, { type: "gap", sessionId, requestId, expected: place.expected });
    case "duplicate": {
      const { zxid, result } = place.remembered;
      return unchanged(index, { type: "written", sessionId, requestId, zxid, result, duplicate: true });
    }
    case "next":
      return firstWrite(target, session, write, timeMs);
  }
}

function firstWrite(target: Target, session: Session, write: Write, timeMs: number): Applied {
  const { sessionId, requestId, diskFull = "" } = write;
  const { sessions, zxid, changes } = target;
  // A refusal for want of room is an answer like any other: it takes the write's number and is remembered.
  const result = diskFull === "" ? perform(target, session, timeMs, write) : refusal("DISK_FULL", diskFull);
  sessions.remember(session, requestId, zxid, result);
  const outcome: Outcome = { type: "written", sessionId, requestId, zxid, result, duplicate: false };
  return changed(zxid, outcome, changes);
}

/** Decides an operation on the tree as it is, and does what comes out. A refused one leaves no trace. */
function perform(target: Target, session: Session, timeMs: number, write: Write): Result {
  const { operation, identities = nobody } = write;
  const decision = decide(new TreeView(target.tree, session, timeMs, identities), operation);
  return decision.failure === undefined ? makeEdit(target, decision) : decision;
}

const nobody: readonly ClientIdentity[] = [];

/** The tree as it is. */
class TreeView implements View {
  readonly timeMs: number;
  readonly identities: readonly ClientIdentity[];
  readonly #tree: Tree;
  readonly #session: Session;

  constructor(tree: Tree, session: Session, timeMs: number, identities: readonly ClientIdentity[]) {
    this.#tree = tree;
    this.#session = session;
    this.timeMs = timeMs;
    this.identities = identities;
  }

  get sessionId(): SessionId {
    return this.#session.id;
  }

  ephemerals(): number {
    return this.#session.ephemeralCount;
  }

  znode(path: string): Znode | undefined {
    return this.#tree.get(path);
  }

  quotas(path: string): readonly QuotaView[] {
    return this.#tree.quotas.over(path);
  }
}
