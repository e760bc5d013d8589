/** A machine with commands in few words, for tests. */
import { expect } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Operation, Result, SessionId, Stat, Success, Zxid } from "../../src/base/operations.ts";
import type { Read, ReadKind } from "../../src/base/reads.ts";
import type { Applied, CommandBody, CreateSession, Outcome } from "../../src/znode/commands.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";

export const password = (n: number): Uint8Array => new Uint8Array(16).fill(n);

/** The command that opens a session. */
export function opening(secret: Uint8Array): CreateSession {
  return { type: "createSession", password: secret, timeoutMs: 4000, holder: 0 };
}

export function create(path: string, options: { data?: string; ephemeral?: true; sequential?: true } = {}): Operation {
  return {
    op: "create",
    path,
    data: utf8(options.data ?? ""),
    ephemeral: options.ephemeral ?? false,
    sequential: options.sequential ?? false,
  };
}

export function del(path: string, version = -1): Operation {
  return { op: "delete", path, version };
}

export function set(path: string, data: string, version = -1): Operation {
  return { op: "setData", path, data: utf8(data), version };
}

export function read(kind: ReadKind, path: string, watch = false): Read {
  return { kind, path, watch, local: true };
}

/** Which refusal a result is; `undefined` for a success. */
export function codeOf(result: Result): ErrorCode | undefined {
  return result.failure?.code;
}

/** What a request that succeeded answers. */
export function ok(result: Result): Success {
  if (result.failure !== undefined) throw new Error(`expected a success, got ${JSON.stringify(result.failure)}`);
  return result;
}

export class Harness {
  readonly machine = new ZnodeMachine();
  /** Stamp of the next command. */
  timeMs = 1000;
  /** Of the next command, raised by each. */
  proposal = 0;
  readonly #last = new Map<SessionId, number>();

  apply(body: CommandBody, origin = 1, proposal = ++this.proposal): Applied {
    const applied = this.machine.apply(this.machine.appliedIndex + 1, { timeMs: this.timeMs, origin, proposal, body });
    this.machine.assertSound();
    return applied;
  }

  /** Opens a session with a password of its own. */
  open(secret = this.machine.appliedIndex + 1, timeoutMs = 4000): SessionId {
    const { outcome } = this.apply({ type: "createSession", password: password(secret), timeoutMs, holder: 0 });
    expect(outcome.type).toBe("attached");
    return outcome.type === "attached" ? outcome.sessionId : 0;
  }

  /** A write with everything spelled out. */
  request(sessionId: SessionId, requestId: number, operation: Operation, acked = 0, attachment?: Zxid): Applied {
    const present = attachment ?? this.machine.session(sessionId)?.attachment ?? sessionId;
    return this.apply({
      type: "write",
      sessionId,
      attachment: present,
      requestId,
      ackedRequestId: acked,
      operation,
    });
  }

  /** The next write of a session, which has the answers to all before. */
  next(sessionId: SessionId, operation: Operation): Applied {
    const requestId = (this.#last.get(sessionId) ?? 0) + 1;
    this.#last.set(sessionId, requestId);
    return this.request(sessionId, requestId, operation, requestId - 1);
  }

  /** The result of the next write of a session. */
  write(sessionId: SessionId, operation: Operation): Result {
    return written(this.next(sessionId, operation).outcome).result;
  }

  stat(path: string): Stat {
    return present(this.machine.stat(path), `Stat of ${path}`);
  }
}

export function written(outcome: Outcome): Outcome & { type: "written" } {
  if (outcome.type !== "written") throw new Error(`expected a written outcome, got ${JSON.stringify(outcome)}`);
  return outcome;
}
