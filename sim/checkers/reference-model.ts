/**
 * A second, simpler state machine, written from the rules of ZooKeeper and docs/divergences.md rather than from
 * `src/znode`. It is fed the committed log and remembers every version of every znode, so that an answer can be judged
 * by its zxid. What each operation should come to is in `sim/operations.ts`.
 */

import type { ClientIdentity } from "../../src/base/acl.ts";
import { bytesEqual, hex, utf8 } from "../../src/base/bytes.ts";
import type { Operation, SessionId, Zxid } from "../../src/base/operations.ts";
import type { Configuration } from "../../src/raft/types.ts";
import type { Command, CreateSession, Write } from "../../src/znode/commands.ts";
import { ruleOf } from "../operations.ts";
import { nobodyUses } from "../unused-rule.ts";
import { ModelTree } from "./model-tree.ts";
import { type Done, refused } from "./rules.ts";

/** What a write did when its entry was applied. */
export interface Effect extends Done {
  readonly zxid: Zxid;
  readonly sessionId: SessionId;
  readonly requestId: number;
  readonly operation: Operation;
  /** Who had asked for it. */
  readonly identities: readonly ClientIdentity[];
}

interface ModelSession {
  readonly id: SessionId;
  readonly password: Uint8Array;
  attachment: Zxid;
  attachedBy: string;
  holder: number;
  lastRequestId: number;
  /** Answers that are kept, by request id: each counts as often as it has parts. */
  readonly kept: Map<number, number>;
}

/** Of one session: whoever acknowledges none gets no more. */
const keptMax = 1_000;

/** A multi with more parts is refused as a whole, and its answer counts as one. */
const partsMax = 1_000;

export class ReferenceModel {
  /** Index of the newest entry taken in. */
  applied: Zxid = 0;
  readonly sessions = new Map<SessionId, ModelSession>();
  /** The entry that ended a session, by session. */
  readonly endedBy = new Map<SessionId, Zxid>();
  /** By zxid, of all writes that took their place in a session's order. */
  readonly effects = new Map<Zxid, Effect>();
  readonly tree = new ModelTree();
  readonly #byPassword = new Map<string, ModelSession>();
  #timeMs = 0;
  /** As they are shown. */
  #members = "";

  /** Newest stamp of an entry taken in, Unix ms. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** Takes in the entry at `applied + 1`; without a command, a no-op or a configuration. */
  apply(index: Zxid, command: Command | undefined): void {
    this.applied = index;
    if (command === undefined) return;
    this.#timeMs = Math.max(this.#timeMs, command.timeMs);
    const { body } = command;
    switch (body.type) {
      case "write":
        return this.#write(index, body);
      case "createSession":
        return this.#open(index, body);
      case "attachSession": {
        const session = this.sessions.get(body.sessionId);
        const by = `${command.origin}.${command.proposal}`;
        if (session === undefined || !bytesEqual(session.password, body.password) || session.attachedBy === by) return;
        const { holder, takeover = false } = body;
        if (holder !== session.holder && !takeover) return;
        session.holder = holder;
        session.attachment = index;
        session.attachedBy = by;
        return;
      }
      case "closeSession": {
        const session = this.sessions.get(body.sessionId);
        if (session === undefined || session.attachment !== body.attachment) return;
        if (body.requestId === session.lastRequestId + 1) this.#end(index, session);
        return;
      }
      case "expireSessions":
        for (const { sessionId, attachment } of body.sessions) {
          const session = this.sessions.get(sessionId);
          if (session?.attachment === attachment) this.#end(index, session);
        }
        return;
      case "removeUnused":
        for (const path of body.paths) {
          const znode = this.tree.now(path);
          if (znode !== undefined && nobodyUses(znode, this.#timeMs)) this.tree.remove(index, path);
        }
        return;
    }
  }

  /** The entry at `applied` is a configuration: it shows at /zookeeper/config, unless it is but a step of a change. */
  configured(index: Zxid, { members, voters, oldVoters, wantedVoters }: Configuration): void {
    if (oldVoters.length > 0 || (wantedVoters ?? []).length > 0) return;
    const lines: string[] = [];
    for (const { id, peerAddress, clientAddress, zookeeperAddress } of members.toSorted((a, b) => a.id - b.id)) {
      const ports = `${peerAddress}:${clientAddress.split(":").at(-1)}`;
      const role = voters.includes(id) ? "participant" : "observer";
      lines.push(
        [`server.${id}=${ports}:${role}`, ...(zookeeperAddress === undefined ? [] : [zookeeperAddress])].join(";"),
      );
    }
    const text = lines.join("\n");
    if (text === this.#members) return;
    this.#members = text;
    this.tree.showMembers(index, this.#timeMs, utf8(`${text}\nversion=${index.toString(16)}`));
  }

  #open(index: Zxid, body: CreateSession): void {
    const key = hex(body.password);
    if (this.#byPassword.has(key)) return;
    const session: ModelSession = {
      id: index,
      password: body.password,
      attachment: index,
      attachedBy: "",
      holder: body.holder ?? 0,
      lastRequestId: 0,
      kept: new Map(),
    };
    this.sessions.set(index, session);
    this.#byPassword.set(key, session);
  }

  #end(index: Zxid, session: ModelSession): void {
    this.tree.removeEphemerals(index, session.id);
    this.sessions.delete(session.id);
    this.endedBy.set(session.id, index);
    this.#byPassword.delete(hex(session.password));
  }

  #write(index: Zxid, write: Write): void {
    const session = this.sessions.get(write.sessionId);
    if (session === undefined || session.attachment !== write.attachment) return;
    for (const answered of session.kept.keys()) if (answered <= write.ackedRequestId) session.kept.delete(answered);
    if (write.requestId !== session.lastRequestId + 1) return;
    const { sessionId, requestId, operation, diskFull = "", identities = [] } = write;
    const asked = operation.op === "multi" ? operation.parts.length : 1;
    let parts = asked > partsMax ? 1 : Math.max(1, asked);
    for (const others of session.kept.values()) parts += others;
    if (parts > keptMax) return;
    session.lastRequestId = requestId;
    const entry = { zxid: index, timeMs: this.#timeMs, sessionId, identities };
    this.tree.begin();
    const done: Done = diskFull === "" ? ruleOf(this.tree, entry, operation) : refused("DISK_FULL");
    session.kept.set(requestId, done.success.results === undefined ? 1 : Math.max(1, done.success.results.length));
    this.effects.set(index, { zxid: index, sessionId, requestId, operation, identities, ...done });
  }
}
