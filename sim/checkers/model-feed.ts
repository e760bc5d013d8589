/** Feeds the reference model with the one committed log, entry by entry, as the first server finds each committed. */
import type { Entry, Index, ServerId } from "../../src/raft/types.ts";
import type { Command } from "../../src/znode/commands.ts";
import { commandOf } from "./commands.ts";
import type { RaftChecker } from "./raft-history.ts";
import { ReferenceModel } from "./reference-model.ts";

export class ModelFeed implements RaftChecker {
  readonly name = "model feed";
  readonly model = new ReferenceModel();
  /** By index; nothing where the entry is no command. */
  readonly #commands: (Command | undefined)[] = [];

  /** The committed command at `index`. */
  commandAt(index: Index): Command | undefined {
    return this.#commands[index];
  }

  committed(_id: ServerId, entry: Entry): void {
    if (entry.index !== this.model.applied + 1) return;
    const command = entry.kind === "command" ? commandOf(entry.data) : undefined;
    this.#commands[entry.index] = command;
    this.model.apply(entry.index, command);
    if (entry.kind === "configuration") this.model.configured(entry.index, entry.configuration);
  }
}
