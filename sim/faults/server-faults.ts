/** Faults of one server and its machine: crashes, pauses, disks, clocks, strangers that speak to it. */
import { unreachable } from "../../src/base/assert.ts";
import type { Action, ServerTarget } from "../plan/actions.ts";
import { messageOfOtherLife, otherInstance } from "../world/other-life.ts";
import type { SimServer } from "../world/server.ts";
import { isMissed, isOutdated, stateOrLog } from "../world/storage-rows.ts";
import type { FaultTools } from "./tools.ts";

export type ServerAction = Exclude<
  Extract<Action, { readonly server: ServerTarget }>,
  { readonly kind: "partition" | "member" }
>;

export class ServerFaults {
  readonly #tools: FaultTools;

  constructor(tools: FaultTools) {
    this.#tools = tools;
  }

  /** Lets it strike. */
  strike(fault: number, action: ServerAction, server: SimServer): void {
    const { kernel } = this.#tools.parts;
    const untilUs = "forMs" in action ? kernel.now + Math.round(action.forMs * 1000) : 0;
    switch (action.kind) {
      case "crash":
        return server.crash("fault", action.keep, action.restartAfterMs);
      case "pause":
        return server.pause(untilUs);
      case "wipe":
        if (this.#isKnown(server)) server.wipe(action.restartAfterMs);
        return;
      case "restart":
        return server.start();
      case "mend":
        return server.mend();
      case "otherLife":
        return this.#otherLife(fault, action.says, server);
      case "strangeClient":
        return this.#tools.parts.clients.stranger(server.id, action.says);
      case "restored":
        if (!this.#isForming(server)) return;
        server.refill(action.unnamed ? "unnamed backup" : "backup");
        return this.#tools.lasts(fault, action.forMs, () => {
          if (server.restored) server.refill("nothing");
        });
      case "emptied":
        if (this.#isForming(server)) server.refill("nothing");
        return;
      case "transfer":
        return this.#tools.atLeader((leader) =>
          this.#tools.parts.operator.transfer(leader, action.open ? undefined : server),
        );
      case "slowDisk":
        server.disk.extraUs = Math.round(action.extraMs * 1000);
        return this.#tools.lasts(fault, action.forMs, () => {
          server.disk.extraUs = 0;
        });
      case "stallDisk":
        server.disk.stalledUntilUs = Math.max(server.disk.stalledUntilUs, untilUs);
        return;
      case "failWrite":
        server.disk.failNext = action.applied ? "applied" : "lost";
        return;
      case "fullDisk":
        server.disk.full = true;
        return this.#tools.lasts(fault, action.forMs, () => {
          server.disk.full = false;
        });
      case "lowDisk":
        server.setDiskLow(true);
        return this.#tools.lasts(fault, action.forMs, () => server.setDiskLow(false));
      case "flipBit":
        server.disk.flipBit((row) => action.part === "any" || stateOrLog(row.key) === action.part);
        return;
      case "loseRow":
        server.crash("a row of its disk is lost", 0.5, action.restartAfterMs);
        server.disk.loseRow(
          action.older,
          (row, rows) =>
            (action.part === "any" || stateOrLog(row.key) === action.part) &&
            (action.older ? isOutdated(row, rows) : isMissed(row, rows)),
        );
        return;
      case "drift":
        server.clock.setRate(action.rate);
        server.clockChanged();
        return this.#tools.lasts(fault, action.forMs, () => {
          server.clock.setRate(1);
          server.clockChanged();
        });
      case "jumpClock":
        server.clock.jump(Math.round(action.byMs));
        return;
      default:
        return unreachable(action);
    }
  }

  /** What a server of an earlier life would say: its terms and its log are far ahead. */
  #otherLife(fault: number, says: "vote" | "heartbeat", server: SimServer): void {
    const { kernel, allServers } = this.#tools.parts;
    if (server.node === undefined) return;
    const others = allServers.filter((other) => other !== server);
    if (others.length === 0) return;
    const from = this.#tools.draws("other life", fault).pick(others).id;
    const message = messageOfOtherLife(says, server.node.raft.status().lastIndex);
    kernel.at(kernel.now, {
      kind: "message",
      cause: kernel.current,
      from,
      to: server.id,
      message,
      instance: otherInstance,
    });
  }

  /** Whether another server would know that this one lost its disk: until then nobody took its word for anything. */
  #isKnown(server: SimServer): boolean {
    const others = this.#tools.parts.allServers.filter((other) => other !== server);
    return others.length === 0 || others.some(({ admitted }) => admitted);
  }

  /** Whether `server` is a first member of a cluster in which nobody takes part yet, with others that have no backup. */
  #isForming(server: SimServer): boolean {
    const { allServers, plan } = this.#tools.parts;
    const first = allServers.filter(({ id }) => id <= plan.config.servers);
    const others = first.filter((other) => other !== server && !other.restored);
    return first.includes(server) && others.length > 0 && allServers.every(({ admitted }) => !admitted);
  }
}
