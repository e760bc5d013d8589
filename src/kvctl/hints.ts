/** What to do about an error, in the commands and options of kvctl: in place of the words that suit any program. */
import { type ErrorCode, errorHint, type TerrariumError } from "../base/errors.ts";

const hints: Readonly<Partial<Record<ErrorCode, string>>> = {
  NO_NODE: "check the path with `ls`, or create it first (`create -p` makes its parents)",
  NODE_EXISTS: "set its data instead, or create it with --sequential for a fresh name",
  NOT_EMPTY: "delete its children first, or use `delete -r`",
  NO_SERVER: "check --endpoints, and that the servers run (`./cluster.sh status`)",
  CHANGE_IN_PROGRESS: "wait for it (`kvctl member list`), or remove the member that cannot catch up",
  UNKNOWN_MEMBER: "see `kvctl member list`",
  WOULD_LOSE_QUORUM: "start those that are down or replace them first; --force does it all the same",
};

/** The error's own hint, if it has one; otherwise that of kvctl for its code. */
export function hintOf({ code, hint }: TerrariumError): string {
  return hint === errorHint(code) ? (hints[code] ?? hint) : hint;
}
