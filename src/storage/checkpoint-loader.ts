/** From the segments of a checkpoint to a state machine: at the start of a server, and when a snapshot is received. */
import { TerrariumError } from "../base/errors.ts";
import { membershipText } from "../protocol/membership-text.ts";
import { ZnodeMachine } from "../znode/machine.ts";
import type { CheckpointHead } from "./records.ts";
import { corrupt } from "./sealed.ts";
import { decodeSegment } from "./segment.ts";
import { SegmentTable } from "./segment-table.ts";

/** A checkpoint in memory. */
export interface LoadedCheckpoint {
  readonly machine: ZnodeMachine;
  readonly table: SegmentTable;
}

/** Takes segments in the order of their numbers, then the head. */
export class CheckpointLoader {
  readonly #machine = new ZnodeMachine();
  readonly #table: SegmentTable;

  constructor(generation: number) {
    this.#table = new SegmentTable(generation);
  }

  /** The newest segment taken; 0 = none. */
  get position(): number {
    return this.#table.nextNumber - 1;
  }

  /** Takes the next segment. Throws CORRUPT. */
  add(number: number, value: Uint8Array): void {
    const rows = decodeSegment(value, `segment ${number} of the checkpoint`);
    const machine = this.#machine;
    const table = this.#table;
    const removals = rows.removedPaths.length + rows.endedSessions.length;
    let rowBytes = 0;
    for (const row of rows.znodes) rowBytes += row.rowBytes;
    for (const row of rows.sessions) rowBytes += row.rowBytes;
    table.add(number, value.length, rowBytes, removals);
    for (const path of rows.removedPaths) release(table, machine.restoreRemovedZnode(path));
    for (const id of rows.endedSessions) release(table, machine.restoreEndedSession(id));
    for (const znode of rows.znodes) {
      znode.segment = number;
      release(table, machine.restoreZnode(znode));
    }
    for (const session of rows.sessions) {
      session.segment = number;
      release(table, machine.restoreSession(session));
    }
  }

  /** All segments are in. Throws CORRUPT if they are not what `head` says. */
  finish(head: CheckpointHead): LoadedCheckpoint {
    const machine = this.#machine;
    const whole = machine.restored(head.index, head.timeMs);
    const { znodes, sessions } = machine.counts();
    const { size } = this.#table;
    if (!whole || size !== head.segments || znodes !== head.znodes || sessions !== head.sessions) {
      throw corrupt(
        `the checkpoint at entry ${head.index} has ${head.segments} segments with ${head.znodes} znodes and ` +
          `${head.sessions} sessions, but ${size} segments with ${znodes} znodes and ${sessions} sessions were found`,
      );
    }
    // Of a backup, or a server of another version, it may say something else, or nothing.
    const members = membershipText(head.configuration);
    if (members !== undefined) machine.membersRestored(members);
    return { machine, table: this.#table };
  }
}

function release(table: SegmentTable, replaced: Parameters<SegmentTable["release"]>[0] | undefined): void {
  if (replaced !== undefined) table.release(replaced);
}

/** Whether an error says that what was read is damaged. */
export function isDamage(error: unknown): error is TerrariumError {
  return error instanceof TerrariumError && error.code === "CORRUPT";
}
