/** Feeds the reference model with the one committed log, entry by entry, as the first server finds each committed. */
import { decodeCommand } from "../../src/protocol/command-codec.ts";
import type { Entry, ServerId } from "../../src/raft/types.ts";
import type { RaftChecker } from "./raft-history.ts";
import { ReferenceModel } from "./reference-model.ts";

export class ModelFeed implements RaftChecker {
  readonly name = "model feed";
  readonly model = new ReferenceModel();

  committed(_id: ServerId, entry: Entry): void {
    if (entry.index !== this.model.applied + 1) return;
    this.model.apply(entry.index, entry.kind === "command" ? decodeCommand(entry.data) : undefined);
  }
}
