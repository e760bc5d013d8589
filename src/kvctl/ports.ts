/**
 * What commands see of the world: a session with the cluster, the servers' status, and a place to write to. Tests give
 * them a tree in memory; `main.ts` gives them the client.
 */
import type {
  AdminRequest,
  Auth,
  BackupFile,
  ServerSessions,
  ServerStatus,
  TerrariumClient,
  TreeReader,
  TreeWriter,
} from "../client/index.ts";

/** The operations of a session that commands need. */
export type KvSession = Pick<
  TerrariumClient,
  | Exclude<keyof TreeWriter, keyof TreeReader>
  | "transaction"
  | "sessionId"
  | "get"
  | "exists"
  | "childPages"
  | "countBelow"
  | "ephemerals"
  | "addWatch"
  | "sync"
  | "on"
  | "close"
>;

/** How to reach the cluster. */
export interface Cluster {
  /** `host:port` of client ports. */
  readonly endpoints: readonly string[];
  /** Opens a session within `timeoutMs`; requests of it have as much time each. `auth`: whom it shows the user to be. */
  open(timeoutMs: number, signal: AbortSignal, auth?: readonly Auth[]): Promise<KvSession>;
  /** Asks one server for its status, within `timeoutMs`. */
  status(endpoint: string, timeoutMs: number): Promise<ServerStatus>;
  /** Asks one server for live sessions behind `after`, within `timeoutMs`. */
  sessions(endpoint: string, after: number, timeoutMs: number, signal: AbortSignal): Promise<ServerSessions>;
  /** Changes the cluster, within `timeoutMs`. */
  administer(request: AdminRequest, timeoutMs: number, signal: AbortSignal): Promise<void>;
  readonly backups: BackupFiles;
}

/** Backups in files. */
export interface BackupFiles {
  /** Takes one from the server at `endpoint`, which may be silent for `idleMs`. */
  save(endpoint: string, file: string, idleMs: number, signal: AbortSignal): Promise<BackupFile>;
  /** Reads one to its end. */
  inspect(file: string): Promise<BackupFile>;
}

/** Where results and remarks go. */
export interface Output {
  /** One JSON object a line instead of text. */
  readonly json: boolean;
  /** Where the command stands, such as `line 3` of a script; errors name it. */
  readonly place?: string | undefined;
  /** Results go to a terminal, not to a program. */
  readonly terminal: boolean;
  /** Results: standard output, the bytes as they are. */
  write(chunk: string | Uint8Array): void;
  /** Remarks for a person: standard error, one line. */
  note(text: string): void;
  /** Shows a line that the next one, or a remark, replaces; "" shows none. Undefined: nobody would see it. */
  readonly status?: ((text: string) => void) | undefined;
  /** Resolves when a reader that is slow has taken most of the results, so that more may be written. */
  readonly drained?: (() => Promise<void>) | undefined;
}

/** Where data come from that the user names. */
export interface DataInputs {
  /** The first bytes of a file, at most `bytesMax`; rejects with USAGE if it cannot be read. */
  readFile(path: string, bytesMax: number): Promise<Uint8Array>;
  /** The same of standard input. */
  readStdin(bytesMax: number): Promise<Uint8Array>;
}

/** The user's files and standard input. */
export interface Inputs extends DataInputs {
  /** All of a file, or for `-` of standard input, piece by piece; throws USAGE if it cannot be read. */
  stream(path: string): AsyncIterable<Uint8Array>;
}

/** A command's world while it runs. */
export interface Context {
  readonly cluster: Cluster;
  readonly inputs: Inputs;
  readonly out: Output;
  readonly timeoutMs: number;
  /** Commands run one after the other in one session, which outlives them. */
  readonly inShell: boolean;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
  /** The session, opened at the first call; a new one if the last has expired. */
  session(): Promise<KvSession>;
  /** Shows who the user is, in this session and in those that come after it. */
  show(auth: Auth): Promise<void>;
  /**
   * The part of a command that waits for events. The plain CLI waits for it; the shell gives the prompt back and lets
   * `task` go on behind it under the name `label`. `untilInterrupted`: an interrupt is how it is meant to end.
   */
  follow(label: string, task: (signal: AbortSignal) => Promise<unknown>, untilInterrupted: boolean): Promise<void>;
}
