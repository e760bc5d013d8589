/** What an operator does: changes the membership and hands leadership over, at the server that leads. */
import type { Node } from "../../src/node/node.ts";
import {
  wantedMembership,
  withAdded,
  withoutMember,
  withPromoted,
  withRemoved,
} from "../../src/raft/membership-change.ts";
import type { MembershipChange } from "../../src/raft/raft.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";
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
      const { voters, wantedVoters } = node.raft.configuration;
      const change = this.#wanted(node, action, who);
      if (change === undefined) return;
      const answer = node.changeMembership({ ...change, force: action.force });
      const newcomers = wantedVoters?.filter((id) => !voters.includes(id)) ?? [];
      if (action.change === "giveUp" && answer === "accepted") sameVoters(node, voters, newcomers);
    });
  }

  /** Asks `leader` to hand over to `heir`. */
  transfer(leader: SimServer, heir: SimServer): void {
    leader.operate((node) => node.transferLeadership(heir.id));
  }

  #wanted(node: Node, action: ActionOf<"member">, who: SimServer | undefined): MembershipChange | undefined {
    const { configuration } = node.raft;
    const wanted = wantedMembership(configuration);
    if (action.change === "promote") {
      const observer = wanted.learners[0];
      return observer === undefined ? undefined : withPromoted(wanted, observer);
    }
    if (action.change === "giveUp") {
      const newcomer = wanted.voters.find((id) => !configuration.voters.includes(id));
      return newcomer === undefined ? undefined : withoutMember(configuration, newcomer);
    }
    if (action.change === "remove") return who === undefined ? undefined : withoutMember(configuration, who.id);
    const spare = this.#spare(configuration);
    if (spare === undefined) return undefined;
    if (action.change !== "replace") return withAdded(wanted, spare, action.change === "observe");
    return who === undefined ? undefined : withAdded(withRemoved(wanted, who.id), spare, false);
  }

  /**
   * The first running server that never was a member, with the incarnation that it answers with. One that was wiped is
   * left alone: its id would be free if the change that named it was taken back, but the checkers take it for gone.
   */
  #spare({ members, retired = [] }: Configuration): ReturnType<typeof memberOf> | undefined {
    const used = (id: ServerId): boolean => retired.includes(id) || members.some((member) => member.id === id);
    const spare = this.#servers.find(
      ({ id, node, recovered, wiped }) =>
        node !== undefined && !wiped && recovered?.identity.joining === true && !used(id),
    );
    return spare === undefined ? undefined : memberOf(spare.id, spare.recovered?.identity.incarnation);
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
