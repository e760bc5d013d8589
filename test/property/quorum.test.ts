/** Quorums (§5.2, §6) against a twin that tries every subset of the voters. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { majority, quorumValue, voteResult } from "../../src/raft/quorum.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 });
const configurations = fc.record({ voters: ids, oldVoters: fc.oneof(fc.constant<number[]>([]), ids) }).map(
  ({ voters, oldVoters }): Configuration => ({
    members: [],
    voters: voters.sort((a, b) => a - b),
    oldVoters: oldVoters.sort((a, b) => a - b),
    learners: [],
  }),
);
const values = fc.dictionary(
  fc.integer({ min: 1, max: 12 }).map(String),
  fc.oneof(fc.nat(20), fc.constant(Number.POSITIVE_INFINITY)),
);
const answers = fc.dictionary(fc.integer({ min: 1, max: 12 }).map(String), fc.boolean());

/** Whether a set of servers may decide, by the words of §6. */
function decides(configuration: Configuration, set: ReadonlySet<ServerId>): boolean {
  const more = (voters: readonly ServerId[]) => voters.filter((id) => set.has(id)).length * 2 > voters.length;
  return more(configuration.voters) && (configuration.oldVoters.length === 0 || more(configuration.oldVoters));
}

const everybody = Array.from({ length: 12 }, (_, at) => at + 1);

describe("quorums", () => {
  it("§5.2 a majority is more than half, and no more than needed", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(majority)).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });

  it("§5.3 §6 quorumValue is the highest value that some quorum has reached", () => {
    fc.assert(
      fc.property(configurations, values, (configuration, reached) => {
        const of = (id: ServerId) => reached[id] ?? 0;
        const candidates = [0, ...everybody.map(of)].sort((a, b) => b - a);
        const naive = candidates.find((value) =>
          decides(configuration, new Set(everybody.filter((id) => of(id) >= value))),
        );
        expect(quorumValue(configuration, of)).toBe(naive);
      }),
      { numRuns: 2000 },
    );
  });

  it("§5.2 §6 an election is won if those who granted decide, and lost if the others cannot be enough any more", () => {
    fc.assert(
      fc.property(configurations, answers, (configuration, given) => {
        const votes = new Map(Object.entries(given).map(([id, granted]) => [Number(id), granted] as const));
        const granted = new Set(everybody.filter((id) => votes.get(id) === true));
        const notRefused = new Set(everybody.filter((id) => votes.get(id) !== false));
        const naive = decides(configuration, granted) ? "won" : decides(configuration, notRefused) ? "pending" : "lost";
        expect(voteResult(configuration, votes)).toBe(naive);
      }),
      { numRuns: 2000 },
    );
  });

  it("§6 any two quorums of a configuration share a voter, and those of its halves do so with the joint one", () => {
    fc.assert(
      fc.property(configurations, fc.uniqueArray(fc.constantFrom(...everybody)), (configuration, some) => {
        const set = new Set(some);
        const rest = new Set(everybody.filter((id) => !set.has(id)));
        expect(decides(configuration, set) && decides(configuration, rest)).toBe(false);
        const half: Configuration = { ...configuration, oldVoters: [] };
        expect(decides(configuration, set) && decides(half, rest)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("§6 nobody who does not vote is asked for a value", () => {
    const configuration: Configuration = { members: [], voters: [1, 2], oldVoters: [2, 3], learners: [4] };
    const asked = new Set<ServerId>();
    quorumValue(configuration, (id) => {
      asked.add(id);
      return 1;
    });
    expect([...asked].sort()).toEqual([1, 2, 3]);
  });
});
