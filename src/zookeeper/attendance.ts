/** What one connection of a client has come to, as `cons` and `stat` tell it. */
import { opcode } from "./opcodes.ts";
import type { Traffic } from "./traffic.ts";

/** ZooKeeper's names of what was last done, where they are not the first four letters. */
const lastOperations: Readonly<Record<string, string>> = {
  create2: "CREA",
  getChildren2: "GETC",
  getAcl: "GETA",
  setAcl: "SETA",
  multi: "MULT",
  multiRead: "MLTR",
  setWatches: "SETW",
  closeSession: "CLOS",
  getEphemerals: "GETE",
  getAllChildrenNumber: "GETACN",
  whoAmI: "HOMI",
};

const names = new Map<number, string>(
  Object.entries(opcode).map(([name, number]) => [number, lastOperations[name] ?? name.slice(0, 4).toUpperCase()]),
);

export class Attendance {
  readonly traffic: Traffic;
  /** The client's address, host:port. */
  readonly address: string;
  /** Unix ms. */
  readonly sinceMs = Date.now();
  /** 0: it has no session yet. */
  sessionId = 0;
  timeoutMs = 0;
  #lastOperation = "SESS";
  #lastXid = -1;
  #lastZxid = 0;
  #lastAnswerMs = 0;

  constructor(address: string, traffic: Traffic) {
    this.address = address;
    this.traffic = traffic;
  }

  /** A request has come. */
  asked(operation: number, xid: number): void {
    this.#lastOperation = names.get(operation) ?? "NA";
    this.#lastXid = xid;
  }

  /** An answer leaves. */
  answered(zxid: number): void {
    this.#lastZxid = Math.max(this.#lastZxid, zxid);
    this.#lastAnswerMs = Date.now();
  }

  /** Counts anew. */
  reset(): void {
    this.traffic.reset();
  }

  /** A line of `cons`; `brief`: of `stat`. */
  line(brief: boolean): string {
    const { received, sent, outstanding, latencyMs } = this.traffic;
    const counts = `queued=${outstanding},recved=${received},sent=${sent}`;
    const head = ` /${this.address}[1](${counts}`;
    if (brief || this.sessionId === 0) return `${head})\n`;
    const { min, average, max, last } = latencyMs;
    const xid = this.#lastXid < 0 ? "" : `,lcxid=0x${this.#lastXid.toString(16)}`;
    const session = `sid=0x${this.sessionId.toString(16)},lop=${this.#lastOperation},est=${this.sinceMs},to=${this.timeoutMs}`;
    const lately = `lzxid=0x${this.#lastZxid.toString(16)},lresp=${this.#lastAnswerMs},llat=${last}`;
    return `${head},${session}${xid},${lately},minlat=${min},avglat=${average},maxlat=${max})\n`;
  }
}
