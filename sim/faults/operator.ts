/** What an operator does: changes the membership and hands leadership over, at the server that leads. */
import { type MembershipRequest, requestedChange } from "../../src/node/membership-requests.ts";
import type { Node } from "../../src/node/node.ts";
import { type MembershipChange, wantedMembership, withAdded, withRemoved } from "../../src/raft/membership-change.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";
import { misunderstood, untrueAnswer, untrueRefusal } from "../checkers/refusals.ts";
import type { ActionOf } from "../plan/actions.ts";
import { memberOf } from "../world/configuration.ts";
import { InvariantBroken } from "../world/observer.ts";
import type { SimServer } from "../world/server.ts";

/** Whatever is refused is simply not done. */
export class Operator {
  readonly #servers: readonly SimServer[];

  /** `servers` sorted by id. */
  constructor(servers: readonly SimServer[]) {
    this.#servers = servers;
  }

  /** Asks `leader` for a change that concerns the member `who`. */
  change(leader: SimServer, action: ActionOf<"member">, who: SimServer | undefined): void {
    leader.operate((node) => {
      const { configuration } = node.raft;
      if (action.change === "mistake") {
        comesToNothing(configuration);
        return this.#isRefused(leader, node, who);
      }
      const request = this.#request(node, action, who);
      if (request === undefined) return;
      const change = requestedChange(configuration, request, this.#incarnations());
      if (change === "done" || "code" in change) return isTold(untrueAnswer(configuration, request, change), request);
      isTold(misunderstood(configuration, request, change), request);
      const { voters, wantedVoters } = configuration;
      const answer = node.changeMembership(change);
      if (answer !== "accepted") isTold(untrueRefusal(node.raft, change, answer), request);
      else if (node.raft.configuration === configuration) isTold("that it is taken, and nothing is begun", request);
      const newcomers = wantedVoters?.filter((id) => !voters.includes(id)) ?? [];
      if (action.change === "giveUp" && answer === "accepted") sameVoters(node, voters, newcomers);
    });
  }

  /** Asks `leader` to hand over to `heir`, or to whom it likes. */
  transfer(leader: SimServer, heir: SimServer | undefined): void {
    leader.operate((node) => node.transferLeadership(heir?.id));
  }

  /** What nobody may ask of Raft, however it is asked, and what nobody may ask of `who` unless it leads. */
  #isRefused(leader: SimServer, node: Node, who: SimServer | undefined): void {
    const { configuration } = node.raft;
    for (const change of impossible(configuration)) {
      const answer = node.changeMembership(change);
      if (answer === "accepted")
        throw new InvariantBroken("membership", `n${leader.id} takes the change ${JSON.stringify(change)}`);
      isTold(untrueRefusal(node.raft, change, answer), change);
    }
    if (
      node.changeMembership(wantedMembership(configuration)) === "accepted" &&
      node.raft.configuration !== configuration
    )
      throw new InvariantBroken("membership", `n${leader.id} makes a change of what is so already`);
    if (who === undefined || who === leader) return;
    who.operate((other) => {
      if (other.raft.isLeader) return;
      const answers = [other.transferLeadership(leader.id), other.changeMembership(wantedMembership(configuration))];
      if (answers.includes("accepted"))
        throw new InvariantBroken("membership", `n${who.id}, which does not lead, takes an operator's request`);
    });
  }

  #request(node: Node, { change, force }: ActionOf<"member">, who?: SimServer): MembershipRequest | undefined {
    const { configuration } = node.raft;
    const wanted = wantedMembership(configuration);
    switch (change) {
      case "promote":
        return about(wanted.learners[0], (id) => ({ type: "promote", id, force }));
      case "giveUp": {
        const newcomer = wanted.voters.find((id) => !configuration.voters.includes(id));
        return about(newcomer, (id) => ({ type: "remove", id, force }));
      }
      case "remove":
        return about(who?.id, (id) => ({ type: "remove", id, force }));
      case "move":
        return about(who?.id, (id) => {
          const to = { peerAddress: `elsewhere${id}:7000`, zookeeperAddress: `elsewhere${id}:2181` };
          return { type: "update", id, ...to, force };
        });
      case "add":
      case "observe":
        return about(this.#spare(configuration), (id) => ({
          type: "add",
          member: memberOf(id),
          observer: change === "observe",
          force,
        }));
      case "replace": {
        const gone = who?.id;
        if (gone === undefined) return undefined;
        return about(this.#spare(configuration), (id) => ({ type: "replace", gone, member: memberOf(id), force }));
      }
      case "several":
        return this.#several(configuration, wanted, force, who?.id);
      case "mistake":
        return undefined;
    }
  }

  /** A spare server comes, `who` goes, an observer gets to vote; now and then all are named that are to be there. */
  #several(configuration: Configuration, wanted: MembershipChange, force: boolean, who?: ServerId): MembershipRequest {
    const spare = this.#spare(configuration);
    const [observer] = wanted.learners;
    const known = wanted.members.filter(({ id }) => id === observer);
    const joining = [...(spare === undefined ? [] : [memberOf(spare)]), ...known];
    const exactly = spare !== undefined && spare % 2 === 0;
    // A voter that is to observe from now on is refused.
    const demoted = who !== undefined && who % 2 === 0 && wanted.voters.includes(who) ? who : undefined;
    const stays = (id: ServerId): boolean => id !== observer && (id !== who || id === demoted);
    const staying = exactly ? wanted.members.filter(({ id }) => stays(id)) : [];
    const observes = (id: ServerId): boolean => id === demoted || (id !== observer && wanted.learners.includes(id));
    return {
      type: "reconfigure",
      joining: [...joining, ...staying].map((member) => ({ member, observer: observes(member.id) })),
      leaving: who === undefined || exactly ? [] : [who],
      exactly,
      force,
    };
  }

  /** What servers answer with that a request might be about. */
  #incarnations(): ReadonlyMap<ServerId, number> {
    return new Map(this.#servers.map(({ id, recovered }) => [id, recovered?.identity.incarnation ?? 0]));
  }

  /**
   * The first running server that never was a member. One that was wiped is left alone: its id would be free if the change
   * that named it was taken back, but the checkers take it for gone.
   */
  #spare({ members, retired = [] }: Configuration): ServerId | undefined {
    const used = (id: ServerId): boolean => retired.includes(id) || members.some((member) => member.id === id);
    return this.#servers.find(
      ({ id, node, recovered, wiped }) =>
        node !== undefined && !wiped && recovered?.identity.joining === true && !used(id),
    )?.id;
  }
}

/** Whoever gives a newcomer up gets the voters that were, and nobody else has to go. */
function sameVoters({ raft }: Node, voters: readonly ServerId[], newcomers: readonly ServerId[]): void {
  const { configuration } = raft;
  if (configuration.oldVoters.length === 0 && configuration.voters.join() === voters.join() && newcomers.length === 1) {
    if (configuration.wantedVoters === undefined) return;
  }
  throw new InvariantBroken(
    "membership",
    `giving n${newcomers.join(", n")} up leads from the voters ${voters.join(", ")} to others`,
  );
}

/** What an operator was told is so; or else `untrue` says what it was. */
function isTold(untrue: string | undefined, asked: MembershipRequest | MembershipChange): void {
  if (untrue === undefined) return;
  throw new InvariantBroken("refusals", `an operator asks ${JSON.stringify(asked)}, and is told: ${untrue}`);
}

/** The request that is about server `id`, if there is such a server. */
function about(id: ServerId | undefined, request: (id: ServerId) => MembershipRequest): MembershipRequest | undefined {
  return id === undefined ? undefined : request(id);
}

/** A voter that is to observe, an id that was used before, an address that another has. */
function impossible(configuration: Configuration): readonly MembershipChange[] {
  const wanted = { ...wantedMembership(configuration), force: true };
  const [gone] = configuration.retired ?? [];
  const [first] = wanted.members;
  const voter = wanted.voters.find((id) => configuration.voters.includes(id));
  const changes: MembershipChange[] = [{ ...wanted, voters: [] }];
  for (const member of wanted.members)
    if (member.id === voter) changes.push(withAdded(withRemoved(wanted, voter), member, true));
  if (gone !== undefined) changes.push(withAdded(wanted, memberOf(gone, 1), true));
  if (first !== undefined)
    changes.push(withAdded(wanted, { ...memberOf(nobody, 1), peerAddress: first.peerAddress }, true));
  for (const { zookeeperAddress } of wanted.members)
    if (zookeeperAddress !== undefined)
      changes.push(withAdded(wanted, { ...memberOf(nobody, 1), zookeeperAddress }, true));
  return changes;
}

/** No server has this id. */
const nobody = 250;

/** Whatever an operator gets wrong is refused, or is nothing to be done. */
function comesToNothing(configuration: Configuration): void {
  for (const request of mistakes(configuration)) {
    const change = requestedChange(configuration, request, 1);
    if (change === "done" || "code" in change) {
      isTold(untrueAnswer(configuration, request, change), request);
      continue;
    }
    throw new InvariantBroken(
      "membership",
      `the mistake ${JSON.stringify(request)} of an operator changes the membership`,
    );
  }
}

/** Members that are there already, ids that were used before or are nobody's, addresses that others have. */
function mistakes(configuration: Configuration): readonly MembershipRequest[] {
  const force = true;
  const { voters, learners, members } = wantedMembership(configuration);
  const [gone = nobody] = configuration.retired ?? [];
  const requests: MembershipRequest[] = [
    { type: "remove", id: nobody, force },
    { type: "promote", id: nobody, force },
    { type: "replace", gone: nobody, member: memberOf(nobody), force },
    { type: "update", id: nobody, clientAddress: "x:1", force },
    { type: "remove", id: gone, force },
    { type: "replace", gone, member: memberOf(nobody), force },
  ];
  if (gone !== nobody) requests.push({ type: "add", member: memberOf(gone), observer: true, force });
  const [first, second] = members;
  if (first === undefined) return requests;
  const elsewhere = { ...first, peerAddress: "x:2" };
  requests.push(
    { type: "add", member: first, observer: learners.includes(first.id), force },
    { type: "add", member: elsewhere, observer: false, force },
    { type: "replace", gone: first.id, member: first, force },
    { type: "replace", gone, member: first, force },
    { type: "update", id: first.id, peerAddress: first.peerAddress, force },
  );
  if (gone !== nobody) requests.push({ type: "replace", gone: first.id, member: memberOf(gone), force });
  if (second !== undefined) requests.push({ type: "update", id: first.id, peerAddress: second.peerAddress, force });
  const [voter] = voters;
  if (voter !== undefined) requests.push({ type: "promote", id: voter, force });
  const observing = members.map((member) => ({ member, observer: learners.includes(member.id) }));
  requests.push({ type: "reconfigure", joining: observing, leaving: [nobody], exactly: true, force });
  if (gone !== nobody)
    requests.push({
      type: "reconfigure",
      joining: [{ member: memberOf(gone), observer: false }],
      leaving: [],
      exactly: false,
      force,
    });
  return requests;
}
