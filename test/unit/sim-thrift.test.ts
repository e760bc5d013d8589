import { describe, expect, it } from "vitest";
import { DueInTime } from "../../sim/checkers/due-in-time.ts";
import { DurableServer, DurableState } from "../../sim/checkers/durable-state.ts";
import { FollowerAnswers } from "../../sim/checkers/follower-answers.ts";
import { NeedlessAppends } from "../../sim/checkers/needless-appends.ts";
import { RaftHistory } from "../../sim/checkers/raft-history.ts";
import { SparingReports } from "../../sim/checkers/sparing-reports.ts";
import { ToldTerms } from "../../sim/checkers/told-terms.ts";
import type { World } from "../../sim/world/observer.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { AppendEntries, AppendEntriesReply } from "../../src/raft/messages.ts";
import type { Entry, Index } from "../../src/raft/types.ts";

const config = { heartbeatMs: 50, electionTimeoutMs: 500, lateFlush: 0, lateFlushUs: 0 };
const member = (id: number) => ({ id, peerAddress: "", clientAddress: "" });
const configuration = { members: [1, 2, 3].map(member), voters: [1, 2, 3], oldVoters: [], learners: [] };

/** Server 1, as checkers see it, and the time that they go by. */
class Stage {
  readonly world = { plan: { config }, now: 0 };
  readonly raft = {
    role: "leader",
    isLeader: true,
    leader: 1 as number | undefined,
    currentTerm: 2,
    commitIndex: 0,
    configuration,
    logBase: { index: 0, term: 0 },
    termAt: (index: Index): number => (index <= 4 ? 1 : 2),
    electionTimer: undefined as { deadline: number } | undefined,
    status: () => ({ votedFor: this.votedFor, durableIndex: this.durableIndex }),
  };
  votedFor = 0;
  durableIndex = 0;

  get server(): ServerView {
    const clock = { now: () => this.world.now / 1000 };
    const node = { raft: this.raft, admitted: true };
    const recovered = { log: { hardState: { currentTerm: 1 } } };
    return { id: 1, clock, node, recovered, awake: true, hasUnflushedInput: false } as unknown as ServerView;
  }

  /** Makes it a follower of server 2. */
  follow(): this {
    Object.assign(this.raft, { role: "follower", isLeader: false, leader: 2 });
    return this;
  }
}

function begin<C extends { begin?(world: World): void }>(checker: C, { world }: Stage): C {
  checker.begin?.(world as unknown as World);
  return checker;
}

const entry = (index: Index): Entry => ({ kind: "noop", index, term: 2 });
const append = (given: Partial<AppendEntries>): AppendEntries => ({
  type: "AppendEntries",
  term: 2,
  prevLogIndex: 0,
  prevLogTerm: 0,
  entries: [],
  leaderCommit: 0,
  readRound: 0,
  noReply: false,
  ...given,
});
const reply = (given: Partial<AppendEntriesReply>): AppendEntriesReply => ({
  type: "AppendEntriesReply",
  term: 2,
  success: true,
  matchIndex: 0,
  rejectedIndex: 0,
  hintIndex: 0,
  hintTerm: 0,
  readRound: 0,
  ...given,
});
const effects = (to: number, ...messages: Effects["messages"][number]["message"][]): Effects => ({
  messages: messages.map((message) => ({ to, message })),
  committed: [],
  reads: [],
});

describe("needless-appends", () => {
  const leading = () => {
    const stage = new Stage();
    const checker = begin(new NeedlessAppends(), stage);
    checker.started(stage.server);
    const send = (given: Partial<AppendEntries>) => checker.effects(stage.server, effects(2, append(given)));
    const hear = (given: Partial<AppendEntriesReply>) => checker.delivered(2, stage.server, reply(given));
    return { stage, checker, send, hear };
  };

  it("lets heartbeats leave once an interval, and rounds and commits that are new at any time", () => {
    const { stage, send } = leading();
    send({});
    stage.world.now = 20_000;
    send({ readRound: 1 });
    send({ noReply: true, leaderCommit: 3 });
    stage.world.now = 50_000;
    send({ readRound: 1 });
    stage.world.now = 90_000;
    expect(() => send({ readRound: 1 })).toThrow("n2 gets a heartbeat 10 ms before one is due by n1");
    expect(() => send({ noReply: true, leaderCommit: 3 })).toThrow("told once more that entries up to 3 are committed");
  });

  it("does not look into the log of a leader that leads no more", () => {
    const { stage, send, hear } = leading();
    send({ prevLogIndex: 6, entries: [entry(7)] });
    stage.follow().raft.termAt = () => {
      throw new Error("no such entry");
    };
    expect(() => hear({ success: false, rejectedIndex: 6, hintIndex: 4, hintTerm: 1 })).not.toThrow();
  });

  it("sends entries of earlier terms to who may lack them alone", () => {
    const old = { prevLogIndex: 3, entries: [{ ...entry(4), term: 1 }] };
    expect(() => leading().send(old)).toThrow(
      "n2 is sent entry 4, of an earlier term, and has not said that it lacks it",
    );
    const { send, hear } = leading();
    send({ prevLogIndex: 6, entries: [entry(7)] });
    hear({ success: false, rejectedIndex: 6, hintIndex: 3, hintTerm: 1 });
    expect(() => send(old)).not.toThrow();
  });

  it("takes a follower that refuses at its word", () => {
    for (const [hintTerm, previous, broken] of [
      [1, 4, undefined],
      [1, 3, "it has said that it has all up to 4"],
      [1, 5, "it has nothing of that behind 4"],
      [0, 3, undefined],
    ] as const) {
      const { send, hear } = leading();
      send({ prevLogIndex: 6, entries: [entry(7)] });
      hear({ success: false, rejectedIndex: 6, hintIndex: 4, hintTerm });
      const sends = () => send({ prevLogIndex: previous, entries: [entry(previous + 1)] });
      if (broken === undefined) expect(sends).not.toThrow();
      else expect(sends).toThrow(broken);
    }
  });
});

describe("due-in-time", () => {
  it("sees a heartbeat that comes late, or not at all", () => {
    const stage = new Stage();
    const checker = begin(new DueInTime(), stage);
    checker.started(stage.server);
    const at = (us: number, ...to: number[]) => {
      stage.world.now = us;
      for (const peer of to) checker.effects(stage.server, effects(peer, append({})));
      checker.step(stage.server);
    };
    at(1_000, 2, 3);
    at(20_000);
    at(51_000, 2, 3);
    expect(() => at(101_100, 2, 3)).toThrow("n1 is 0.100 ms late by its own clock: n2 got its heartbeat in time");
    checker.started(stage.server);
    at(101_100, 2, 3);
    expect(() => at(152_000)).toThrow("got no heartbeat in time");
  });

  it("sees an election timeout that passes, but for a server that has just woken up", () => {
    const stage = new Stage().follow();
    const checker = begin(new DueInTime(), stage);
    checker.started(stage.server);
    stage.raft.electionTimer = { deadline: 700 };
    for (const us of [0, 700_000, 700_100]) {
      stage.world.now = us;
      expect(() => checker.step(stage.server)).not.toThrow();
    }
    stage.world.now = 800_000;
    expect(() => checker.step(stage.server)).toThrow("it has not campaigned in time");
    checker.woke(stage.server);
    expect(() => checker.step(stage.server)).not.toThrow();
  });
});

describe("told-terms", () => {
  it("knows terms that a message bore and those of a campaign, and no others", () => {
    const stage = new Stage().follow();
    const checker = new ToldTerms();
    const vote = { type: "RequestVote", term: 4, lastLogIndex: 0, lastLogTerm: 0, leadershipTransfer: false } as const;
    const enter = (term: number) => () => {
      checker.started(stage.server);
      stage.raft.currentTerm = term;
      checker.step(stage.server);
    };
    expect(enter(2)).toThrow("n1 went from term 1 to 2, of which nobody has told it");
    stage.votedFor = 1;
    expect(enter(2)).not.toThrow();
    expect(enter(3)).toThrow("from term 1 to 3");
    stage.votedFor = 0;
    for (const preVote of [false, true]) {
      checker.started(stage.server);
      checker.delivered(2, stage.server, { ...vote, preVote });
      stage.raft.currentTerm = 4;
      if (preVote) expect(() => checker.step(stage.server)).toThrow("from term 1 to 4");
      else expect(() => checker.step(stage.server)).not.toThrow();
    }
  });
});

describe("follower-answers", () => {
  const following = () => {
    const stage = new Stage().follow();
    const durable = new DurableState(new RaftHistory());
    for (let id = 0; id <= 3; id++) durable.servers[id] = new DurableServer();
    const checker = new FollowerAnswers(durable);
    const hear = (given: Partial<AppendEntries>) => checker.delivered(2, stage.server, append(given));
    const turn = (...given: Partial<AppendEntriesReply>[]) =>
      checker.effects(stage.server, effects(2, ...given.map(reply)));
    hear({});
    turn({});
    checker.step(stage.server);
    return { stage, durable, checker, hear, turn };
  };

  it("finds fault with a round that is not answered in its turn", () => {
    const { hear, turn } = following();
    hear({ readRound: 4 });
    hear({ readRound: 5 });
    expect(() => turn({ readRound: 5 })).not.toThrow();
    hear({ readRound: 6 });
    hear({ readRound: 7 });
    expect(() => turn({ readRound: 6 })).toThrow("n1, which follows n2, has not answered round 7");
  });

  it("finds fault with a refusal of what is committed, but for those of an older term", () => {
    const { stage, hear, turn } = following();
    stage.raft.commitIndex = 5;
    hear({ prevLogIndex: 6 });
    const refuse = (rejectedIndex: Index) => () => turn({ success: false, rejectedIndex });
    expect(refuse(6)).not.toThrow();
    hear({ term: 1, prevLogIndex: 3 });
    expect(refuse(3)).not.toThrow();
    hear({ prevLogIndex: 3 });
    expect(refuse(3)).toThrow("n1 refuses what n2 sent behind entry 3, up to which it knows that all is committed");
  });

  it("finds no fault with a refusal that waits for the disk while others leave, and commits come", () => {
    const { stage, hear, turn } = following();
    hear({ prevLogIndex: 6 });
    turn({});
    stage.raft.commitIndex = 8;
    turn({});
    const refuse = () => turn({ success: false, rejectedIndex: 6 });
    expect(refuse).not.toThrow();
    expect(refuse).toThrow("n1 refuses what n2 sent behind entry 6");
  });

  it("finds fault with entries that are on the disk and not acknowledged", () => {
    const { stage, durable, checker, turn } = following();
    const entries = [entry(1), entry(2)];
    checker.effects(stage.server, { ...effects(2), write: { token: 1, truncateFrom: undefined, entries } as never });
    expect(() => turn()).not.toThrow();
    for (const one of entries) durable.of(1).log.append(one);
    stage.durableIndex = 2;
    expect(() => turn({ matchIndex: 1 })).toThrow("has not acknowledged entry 2, which is on its disk");
    expect(() => turn({ matchIndex: 2 })).not.toThrow();
  });
});

describe("sparing-reports", () => {
  it("counts what comes before its time, and why", () => {
    const stage = new Stage().follow();
    const checker = begin(new SparingReports(), stage);
    checker.starting(stage.server);
    const report: PeerMessage = { type: "WallClock", wallClockMs: 0, diskLow: false };
    const at = (us: number) => () => {
      stage.world.now = us;
      checker.sent(stage.server, 2, report);
      checker.step(stage.server);
    };
    for (const us of [0, 100_000, 250_000, 500_000]) expect(at(us)).not.toThrow();
    expect(at(600_000)).toThrow("n1 reports to n2 more often than once a tick");
    checker.streamBroken(1);
    checker.step(stage.server);
    expect(at(620_000)).toThrow("more often than once a tick");
  });

  it("lets a leader that hands over ask its heir once an interval", () => {
    const stage = new Stage();
    Object.assign(stage.raft, { isTransferring: true });
    const checker = begin(new SparingReports(), stage);
    checker.starting(stage.server);
    const calls = (us: number) => () => {
      stage.world.now = us;
      checker.sent(stage.server, 2, { type: "TimeoutNow", term: 2 });
    };
    for (const us of [0, 50_000, 100_000]) expect(calls(us)).not.toThrow();
    expect(calls(149_000)).toThrow("n1 asks n2 to campaign more often than every 50 ms");
    Object.assign(stage.raft, { isTransferring: false });
    checker.step(stage.server);
    expect(calls(149_000)).not.toThrow();
  });

  it("lets a server say Hello once an interval, and once more for each step of its admission", () => {
    const stage = new Stage().follow();
    const checker = begin(new SparingReports(), stage);
    checker.starting(stage.server);
    const says = (us: number) => () => {
      stage.world.now = us;
      checker.sent(stage.server, 2, { type: "Hello", incarnation: 1 });
    };
    for (const us of [0, 50_000, 60_000, 110_000, 120_000]) expect(says(us)).not.toThrow();
    expect(says(121_000)).toThrow("n1 says Hello to n2 more often than every 50 ms");
  });
});
