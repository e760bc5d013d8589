import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quorumsIntersect } from "../../sim/checkers/membership.ts";
import { finalConfiguration, firstConfiguration, jointConfiguration } from "../../src/raft/membership-change.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });
const sorted = (list: readonly ServerId[]): ServerId[] => [...list].sort((a, b) => a - b);
const member = (id: ServerId) => ({ id, peerAddress: `p${id}`, clientAddress: `c${id}` });

function plain(voters: readonly ServerId[], learners: readonly ServerId[]): Configuration {
  const members = sorted([...new Set([...voters, ...learners])]).map(member);
  return { members, voters: sorted(voters), oldVoters: [], learners: sorted(learners) };
}

/** Every quorum, by trying all sets. */
function quorums({ voters, oldVoters }: Configuration): Set<ServerId>[] {
  const all = sorted([...new Set([...voters, ...oldVoters])]);
  const majorityOf = (group: readonly ServerId[], set: ReadonlySet<ServerId>) =>
    group.length === 0 || group.filter((id) => set.has(id)).length * 2 > group.length;
  return Array.from({ length: 2 ** all.length }, (_, bits) => new Set(all.filter((_id, i) => (bits >> i) & 1))).filter(
    (set) => majorityOf(voters, set) && majorityOf(oldVoters, set),
  );
}

function intersectByTrying(a: Configuration, b: Configuration): boolean {
  return quorums(a).every((one) => quorums(b).every((other) => [...one].some((id) => other.has(id))));
}

describe("configurations on the way from any membership to any other", () => {
  it("have quorums that meet, one after the other, and end with what is wanted", () => {
    fc.assert(
      fc.property(ids, ids, ids, (from, to, observers) => {
        const current = plain(
          from,
          observers.filter((id) => !from.includes(id)),
        );
        const learners = current.learners.filter((id) => !to.includes(id));
        const wanted = { ...plain(to, learners), force: false };
        const path = [current];
        const first = firstConfiguration(current, wanted);
        if (first !== undefined) path.push(first);
        const last = () => path.at(-1) ?? current;
        if (last().wantedVoters !== undefined) path.push(jointConfiguration(last()));
        if (last().oldVoters.length > 0) path.push(finalConfiguration(last()));
        for (let i = 1; i < path.length; i++) {
          const [a = current, b = current] = [path[i - 1], path[i]];
          expect(intersectByTrying(a, b)).toBe(true);
          expect(quorumsIntersect(a, b)).toBe(true);
        }
        const end = last();
        expect(end).toMatchObject({ voters: wanted.voters, oldVoters: [], learners: wanted.learners });
        expect(end.members.map(({ id }) => id)).toEqual(sorted([...wanted.voters, ...wanted.learners]));
        const gone = current.members.map(({ id }) => id).filter((id) => !end.members.some((m) => m.id === id));
        expect(end.retired ?? []).toEqual(gone);
      }),
    );
  });

  it("the checker's rule for plain configurations says what trying says", () => {
    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const [one, other] = [plain(a, []), plain(b, [])];
        expect(quorumsIntersect(one, other)).toBe(intersectByTrying(one, other));
      }),
    );
  });
});
