/** Why a change, or a transfer of leadership, is refused. The codes are those of `src/base/errors.ts`. */
export interface ChangeRefusal {
  readonly code:
    | "NOT_LEADER"
    | "NOT_READY"
    | "CHANGE_IN_PROGRESS"
    | "ID_IN_USE"
    | "UNKNOWN_MEMBER"
    | "WOULD_LOSE_QUORUM"
    | "BAD_ARGUMENTS";
  /** One sentence, without a full stop. */
  readonly reason: string;
}
