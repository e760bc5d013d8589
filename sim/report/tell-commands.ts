/** What the log's entries mean, in a few words. */
import { inShort } from "../../src/base/operation-traits.ts";
import { decodeCommand } from "../../src/protocol/command-codec.ts";
import type { Configuration, Entry } from "../../src/raft/types.ts";
import { count } from "./tell-events.ts";

const ids = (list: readonly number[]): string => list.map((id) => `n${id}`).join(" ");

/** Who votes and who learns. */
export function tellConfiguration({ voters, oldVoters, learners, wantedVoters }: Configuration): string {
  const joint = oldVoters.length > 0 ? `joint: ${ids(oldVoters)} and ` : "voters ";
  const learning = learners.length > 0 ? `, learning ${ids(learners)}` : "";
  const wanted = wantedVoters === undefined ? "" : `, to become ${ids(wantedVoters)}`;
  return `${joint}${ids(voters)}${learning}${wanted}`;
}

/** One entry, without its index. */
export function tellEntry(entry: Entry): string {
  if (entry.kind === "noop") return "no-op";
  if (entry.kind === "configuration") return `configuration: ${tellConfiguration(entry.configuration)}`;
  return tellCommand(entry.data);
}

/** A command as it is in an entry, or on its way to the leader. */
export function tellCommand(data: Uint8Array): string {
  const { body } = decodeCommand(data);
  switch (body.type) {
    case "createSession":
      return "open a session";
    case "attachSession":
      return `attach session ${body.sessionId}`;
    case "closeSession":
      return `close session ${body.sessionId}`;
    case "expireSessions":
      return `expire ${body.sessions.length === 1 ? `session ${body.sessions[0]?.sessionId}` : count(body.sessions.length, "session")}`;
    case "removeUnused":
      return `remove if unused ${body.paths.length === 1 ? body.paths[0] : count(body.paths.length, "znode")}`;
    case "write":
      return `${inShort(body.operation)}${(body.diskFull ?? "") === "" ? "" : ", refused: no room"}`;
  }
}
