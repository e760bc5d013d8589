/** What a server is to the cluster, for people: Raft knows an observer as a follower, since it follows. */

/** As much of a server's status as its role depends on. */
export interface RoleStatus {
  readonly id: number;
  readonly role: "follower" | "preCandidate" | "candidate" | "leader";
  /** It waits to be added to a running cluster. */
  readonly joining?: boolean;
  readonly members: readonly { readonly id: number; readonly voter: boolean }[];
}

/** Raft's roles; `observer`: it follows and has no vote; `joining`: it waits to be added; `removed`: no member any more. */
export type ShownRole = RoleStatus["role"] | "observer" | "joining" | "removed";

/** The role of a server as it is shown: at `/status`, by `kvctl status` and `cluster.sh status`. */
export function shownRole({ id, role, joining, members }: RoleStatus): ShownRole {
  if (joining === true) return "joining";
  if (role !== "follower" || members.length === 0) return role;
  const own = members.find((member) => member.id === id);
  if (own === undefined) return "removed";
  return own.voter ? role : "observer";
}
