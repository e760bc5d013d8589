import { describe, expect, it } from "vitest";
import { SessionTouches } from "../../src/node/peers/session-touches.ts";
import { SessionVouchers } from "../../src/node/peers/session-vouchers.ts";

const spoken = { connection: 1, ping: 3 };
const touches = () => new SessionTouches(70, 500, 2_000);

describe("SessionTouches", () => {
  it("tells of a session once, if the leader answers", () => {
    const reporter = touches();
    reporter.touch(5, { connection: 1, ping: 2 });
    reporter.touch(5, spoken);
    expect(reporter.due(0)).toEqual([{ type: "TouchSessions", round: 71, sessionIds: [5] }]);
    expect(reporter.answered(71)).toEqual(new Map([[5, spoken]]));
    expect(reporter.due(1_000)).toEqual([]);
  });

  it("repeats what is not answered: it may be lost, and an idle client speaks rarely", () => {
    const reporter = touches();
    reporter.touch(5, spoken);
    reporter.due(0);
    expect(reporter.due(499)).toEqual([]);
    expect(reporter.due(500)).toEqual([{ type: "TouchSessions", round: 71, sessionIds: [5] }]);
    reporter.touch(6, spoken);
    expect(reporter.due(700)).toEqual([{ type: "TouchSessions", round: 72, sessionIds: [6] }]);
    expect(reporter.due(1_000)).toEqual([{ type: "TouchSessions", round: 71, sessionIds: [5] }]);
  });

  it("gives up what is too old to speak for anybody", () => {
    const reporter = touches();
    reporter.touch(5, spoken);
    reporter.due(0);
    expect(reporter.due(2_000)).toEqual([]);
    expect(reporter.answered(71)).toEqual(new Map());
  });

  it("takes an answer to what it never asked for none", () => {
    const reporter = touches();
    reporter.touch(5, spoken);
    reporter.due(0);
    expect(reporter.answered(1)).toEqual(new Map());
    expect(reporter.due(500)).toHaveLength(1);
  });
});

describe("SessionVouchers", () => {
  const asked = (vouchers: SessionVouchers, term: number | undefined) => {
    const ids: number[] = [];
    vouchers.ask(term, (id) => ids.push(id));
    return ids;
  };

  it("answers the rounds of a turn once a majority has confirmed that it leads", () => {
    const vouchers = new SessionVouchers();
    vouchers.add(2, 71);
    vouchers.add(3, 9);
    const [id = 0, ...more] = asked(vouchers, 4);
    expect(more).toEqual([]);
    expect(vouchers.owns(id)).toBe(true);
    expect(asked(vouchers, 4)).toEqual([]);
    expect(vouchers.answered(id, 4)).toEqual([
      { from: 2, round: 71 },
      { from: 3, round: 9 },
    ]);
    expect(vouchers.answered(id, 4)).toEqual([]);
  });

  it("vouches for nobody if another term has answered: its leader may not have heard", () => {
    const vouchers = new SessionVouchers();
    vouchers.add(2, 71);
    const [id = 0] = asked(vouchers, 4);
    expect(vouchers.answered(id, 6)).toEqual([]);
    vouchers.add(2, 72);
    const [next = 0] = asked(vouchers, 6);
    expect(vouchers.answered(next, undefined)).toEqual([]);
    vouchers.add(2, 73);
    expect(asked(vouchers, undefined)).toEqual([]);
    expect(asked(vouchers, 8)).toEqual([]);
  });
});
