/** The server's log: JSON lines on standard output, which never holds the server up. */
import { type Logger, pino, stdTimeFunctions } from "pino";
import type { DoorLog } from "../doors/door-log.ts";
import type { Raft } from "../raft/raft.ts";
import type { LogOutput } from "./log-output.ts";
import type { ServeOptions } from "./options.ts";

/** Makes the log of a server, and has it tell of its own losses. */
export function createLog(options: Pick<ServeOptions, "id" | "logLevel">, output: LogOutput): Logger {
  const log = pino(
    {
      level: options.logLevel,
      base: { server: options.id },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
  output.onRecovery((lines) =>
    log.warn({ lines }, `${lines} lines of this log were lost, since they were not read fast enough`),
  );
  return log;
}

/** What of Raft's state is worth a line when it changes. */
type Observed = Pick<Raft, "role" | "leader" | "currentTerm">;

/** Returns a function that logs how role, term and leader have changed since its last call. */
export function roleLogger(log: Pick<DoorLog, "info">): (raft: Observed) => void {
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
