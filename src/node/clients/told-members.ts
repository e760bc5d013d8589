import type { Raft } from "../../raft/raft.ts";
import type { Member } from "../../raft/types.ts";

/** Where the members are, as the clients were told. */
export class ToldMembers {
  readonly #raft: Pick<Raft, "configuration">;
  #told: readonly Member[];

  constructor(raft: Pick<Raft, "configuration">) {
    this.#raft = raft;
    this.#told = raft.configuration.members;
  }

  /** Whether there is something new to be told; then it counts as told. */
  changed(): boolean {
    const { members } = this.#raft.configuration;
    const before = this.#told;
    if (members === before) return false;
    this.#told = members;
    const same = (member: Member, i: number): boolean =>
      member.id === before[i]?.id && member.clientAddress === before[i]?.clientAddress;
    return members.length !== before.length || !members.every(same);
  }
}
