/** The server's log: JSON lines on standard output, written before the call returns, so that a crash loses none. */
import { destination, type Logger, pino, stdTimeFunctions } from "pino";
import type { Raft } from "../raft/raft.ts";
import type { ServeOptions } from "./options.ts";

/** Makes the log of a server. */
export function createLog(options: Pick<ServeOptions, "id" | "logLevel">): Logger {
  const out = destination({ dest: 1, sync: true });
  // A closed pipe must not take the server down.
  out.on("error", () => {});
  return pino(
    {
      level: options.logLevel,
      base: { server: options.id },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    out,
  );
}

/** What of Raft's state is worth a line when it changes. */
type Observed = Pick<Raft, "role" | "leader" | "currentTerm">;

/** Returns a function that logs how role, term and leader have changed since its last call. */
export function roleLogger(log: Pick<Logger, "info">): (raft: Observed) => void {
  let role = "";
  let leader: number | undefined;
  let term = 0;
  return (raft) => {
    if (raft.role !== role) {
      log.info({ role: raft.role, was: role, term: raft.currentTerm }, `now ${raft.role} in term ${raft.currentTerm}`);
    }
    if (raft.leader !== leader || (raft.currentTerm !== term && raft.leader !== undefined)) {
      const who = raft.leader === undefined ? "no leader known" : `server ${raft.leader} leads`;
      log.info({ leader: raft.leader ?? null, term: raft.currentTerm }, `${who} in term ${raft.currentTerm}`);
    }
    role = raft.role;
    leader = raft.leader;
    term = raft.currentTerm;
  };
}
