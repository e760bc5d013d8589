/** The log as the doors see it, and how complaints that come again and again are collected. */

/** The part of a logger that the adapters need; pino's fits. */
export interface DoorLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type Level = keyof DoorLog;

/** Lines of one kind that are written as they come. */
const burst = 5;
/** Then one line of a kind in so long, with the number of those that it stands for. Milliseconds. */
const periodMs = 60_000;
/** Kinds that are told apart at a time; whatever is beyond counts as one for each message. */
const kindsMax = 100;

interface Kind {
  readonly level: Level;
  readonly message: string;
  /** Lines that may be written before the next period ends. */
  left: number;
  /** Lines that were not written. */
  collected: number;
  /** Of the newest one of them. */
  fields: object;
  /** Whether there was one since the last period ended. */
  heard: boolean;
}

/**
 * A log that does not grow with the patience of those who cause it: of the same message about the same peer or address
 * (whatever port it comes from) five lines are written as they come, and from then on, while they go on coming, one in a
 * minute, which tells how many it stands for: `"repeated": 600`.
 */
export class CollectingLog implements DoorLog {
  readonly #log: DoorLog;
  readonly #kinds = new Map<string, Kind>();
  #timer: NodeJS.Timeout | undefined;
  readonly #periodMs: number;

  constructor(log: DoorLog, ownPeriodMs: number = periodMs) {
    this.#log = log;
    this.#periodMs = ownPeriodMs;
  }

  debug(fields: object, message: string): void {
    // Whoever asks for these wants all of them.
    this.#log.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#take("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#take("warn", fields, message);
  }

  error(fields: object, message: string): void {
    this.#take("error", fields, message);
  }

  /** Writes what was collected, and collects no more. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const kind of this.#kinds.values()) this.#tell(kind);
    this.#kinds.clear();
  }

  #take(level: Level, fields: object, message: string): void {
    const kind = this.#kindOf(level, fields, message);
    kind.heard = true;
    if (kind.left > 0) {
      kind.left -= 1;
      this.#log[level](fields, message);
      return;
    }
    kind.collected += 1;
    kind.fields = fields;
  }

  #kindOf(level: Level, fields: object, message: string): Kind {
    const precise = `${level} ${message} ${whom(fields)}`;
    const key = this.#kinds.size < kindsMax || this.#kinds.has(precise) ? precise : `${level} ${message}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { level, message, left: burst, collected: 0, fields, heard: true };
      this.#kinds.set(key, kind);
      this.#timer ??= setInterval(() => this.#periodEnds(), this.#periodMs).unref();
    }
    return kind;
  }

  #periodEnds(): void {
    for (const [key, kind] of this.#kinds) {
      this.#tell(kind);
      // Who keeps still for a whole period begins anew.
      if (!kind.heard) this.#kinds.delete(key);
      kind.heard = false;
    }
    if (this.#kinds.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tell(kind: Kind): void {
    if (kind.collected === 0) return;
    const { level, message, fields, collected } = kind;
    kind.collected = 0;
    this.#log[level]({ ...fields, repeated: collected }, `${message} (repeated ${collected} times)`);
  }
}

/** About whom a line is. */
function whom(fields: object): string {
  const peer = "peer" in fields ? String(fields.peer) : "";
  const address = "address" in fields ? hostOf(String(fields.address)) : "";
  const code = "code" in fields ? String(fields.code) : "";
  return `${peer} ${address} ${code}`;
}

/** The host of host:port, whose port tells nothing where it is that of a caller. */
function hostOf(address: string): string {
  const colon = address.lastIndexOf(":");
  return colon < 0 ? address : address.slice(0, colon);
}
