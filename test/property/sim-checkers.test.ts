import { describe, expect, it } from "vitest";
import { DurableServer, DurableState } from "../../sim/checkers/durable-state.ts";
import { ElectionSafety } from "../../sim/checkers/election-safety.ts";
import { judgeRead, judgeWrite } from "../../sim/checkers/judge.ts";
import { LeaderCompleteness } from "../../sim/checkers/leader-completeness.ts";
import { LogMatching } from "../../sim/checkers/log-matching.ts";
import { statOf } from "../../sim/checkers/model-stat.ts";
import { RaftHistory } from "../../sim/checkers/raft-history.ts";
import { ReferenceModel } from "../../sim/checkers/reference-model.ts";
import { ServerLog } from "../../sim/checkers/server-log.ts";
import { StateMachineSafety } from "../../sim/checkers/state-machine-safety.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { Result } from "../../src/base/operations.ts";
import type { Entry } from "../../src/raft/types.ts";
import type { Command, CommandBody } from "../../src/znode/commands.ts";

const entry = (index: number, term: number, text = ""): Entry => ({ kind: "command", index, term, data: utf8(text) });

/** A record of three empty servers. */
const record = (): RaftHistory => {
  const history = new RaftHistory();
  for (let id = 0; id <= 3; id++) {
    history.logs[id] = new ServerLog();
    history.leading[id] = 0;
    history.applied[id] = 0;
  }
  return history;
};

describe("the Raft checkers see", () => {
  it("two leaders of one term", () => {
    const history = record();
    const checker = new ElectionSafety(history, new DurableState(history));
    checker.led(1, 2);
    history.leaders.set(2, 1);
    expect(() => checker.led(1, 2)).not.toThrow();
    expect(() => checker.led(3, 2)).toThrow("n1 and n3 are both leaders of term 2");
  });

  it("a leader whom no majority of a joint configuration's old half voted for", () => {
    const history = record();
    const durable = new DurableState(history);
    for (let id = 0; id <= 3; id++) durable.servers[id] = new DurableServer();
    const checker = new ElectionSafety(history, durable);
    const configuration = { members: [], voters: [1], oldVoters: [1, 2, 3], learners: [] };
    history.log(1).append({ kind: "configuration", index: 1, term: 1, configuration });
    expect(() => checker.led(1, 2)).toThrow("n1 leads term 2, but of the voters 1 only none voted for it");
    durable.of(1).votes.set(2, 1);
    expect(() => checker.led(1, 2)).toThrow("n1 leads term 2, but of the voters 1, 2, 3 only 1 voted for it");
  });

  it("logs that agree on an entry but not on what is before it", () => {
    const history = record();
    const checker = new LogMatching(history);
    const append = (id: number, added: Entry) => {
      history.log(id).append(added);
      checker.appended(id, added);
    };
    append(1, entry(1, 1, "a"));
    append(1, entry(2, 2, "c"));
    append(2, entry(1, 2, "b"));
    expect(() => append(2, entry(2, 2, "c"))).toThrow("n1 and n2 both have an entry 2 of term 2");
  });

  it("a leader that lacks what an earlier term committed, but not one that lacks what its own term did", () => {
    const history = record();
    const checker = new LeaderCompleteness(history);
    history.committed.append(entry(1, 1, "a"));
    history.committedIn.push(3);
    expect(() => checker.led(2, 3)).not.toThrow();
    expect(() => checker.led(2, 4)).toThrow("n2 leads term 4 without entry 1");
    history.log(2).append(entry(1, 1, "a"));
    expect(() => checker.led(2, 4)).not.toThrow();
  });

  it("another entry applied at an index, and one applied out of order", () => {
    const history = record();
    const checker = new StateMachineSafety(history);
    history.committed.append(entry(1, 1, "a"));
    expect(() => checker.committed(2, entry(1, 1, "a"))).not.toThrow();
    expect(() => checker.committed(2, entry(1, 1, "b"))).toThrow("n2 applied an entry 1 of term 1");
    expect(() => checker.committed(2, entry(2, 1, "b"))).toThrow("n2 applied entry 2 after entry 0");
  });
});

describe("the reference model", () => {
  const password = utf8("0123456789abcdef");
  const command = (body: CommandBody): Command => ({ timeMs: 1_000, origin: 1, proposal: 1, body });
  const write = (requestId: number, path: string, text: string): Command =>
    command({
      type: "write",
      sessionId: 1,
      attachment: 1,
      requestId,
      ackedRequestId: 0,
      operation: { op: "create", path, data: utf8(text), ephemeral: true, sequential: false },
    });
  const model = (): ReferenceModel => {
    const made = new ReferenceModel();
    made.apply(1, command({ type: "createSession", password, timeoutMs: 5_000, holder: 0 }));
    made.apply(2, write(1, "/a", "x"));
    made.apply(3, write(1, "/b", "y"));
    return made;
  };

  it("gives a repeated request no second effect", () => {
    expect(model().tree.at("/b", 3)).toBeUndefined();
    expect(model().effects.has(3)).toBe(false);
  });

  it("remembers what was there at every zxid", () => {
    const made = model();
    made.apply(4, command({ type: "expireSessions", sessions: [{ sessionId: 1, attachment: 1 }] }));
    expect(made.tree.at("/a", 1)).toBeUndefined();
    expect(made.tree.at("/a", 3)?.owner).toBe(1);
    expect(made.tree.at("/a", 4)).toBeUndefined();
    expect(made.tree.paths()).not.toContain("/a");
  });

  it("finds fault with stale reads and wrong answers, and with nothing else", () => {
    const made = model();
    const found = made.tree.at("/a", 2);
    if (found === undefined) throw new Error("the model has lost /a");
    const read = { kind: "getData", path: "/a", watch: false, local: false } as const;
    const nobody = { sessionId: 0, identities: [] };
    const right: Result = { data: utf8("x"), stat: statOf(found) };
    expect(judgeRead(made, read, 2, right, nobody)).toBeUndefined();
    expect(judgeRead(made, read, 2, { ...right, data: utf8("z") }, nobody)).toBe(
      "saw other data by getData /a at zxid 2",
    );
    expect(judgeRead(made, read, 1, right, nobody)).toMatch("there is nothing");
    const missing: Result = { failure: { code: "NO_NODE", message: "" } };
    expect(judgeRead(made, read, 2, missing, nobody)).toMatch("but it exists");
    expect(judgeRead(made, read, 1, missing, nobody)).toBeUndefined();
    const create = { op: "create", path: "/a", data: utf8("x"), ephemeral: true, sequential: false } as const;
    const answer: Result = { path: "/a", stat: statOf(found) };
    expect(judgeWrite(made, { zxid: 2, sessionId: 1 }, create, answer)).toBeUndefined();
    expect(judgeWrite(made, { zxid: 3, sessionId: 1 }, create, answer)).toMatch("no write took effect there");
    expect(judgeWrite(made, { zxid: 2, sessionId: 9 }, create, answer)).toMatch("where session 1 wrote");
    expect(judgeWrite(made, { zxid: 2, sessionId: 1 }, create, missing)).toBe("was answered NO_NODE instead of ok");
  });
});
