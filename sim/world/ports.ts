/** The ports of a simulated server's process: its disk, network, clocks and clients, with observers and faults between. */
import { assert } from "../../src/base/assert.ts";
import type { Ports } from "../../src/node/ports.ts";
import type { Configuration } from "../../src/raft/types.ts";
import type { SimClock } from "./clock.ts";
import type { SimDisk } from "./disk.ts";
import type { ServerHooks } from "./hooks.ts";
import type { RunParts } from "./parts.ts";
import type { ServerView } from "./view.ts";

/** What a server is part of. */
export interface ServerParts extends RunParts {
  readonly hooks: ServerHooks;
  /** The members at first. */
  readonly bootstrap: Configuration;
}

/** One process of a server. */
export interface Process {
  /** Whether its ports still stand for anybody. */
  readonly alive: boolean;
  /** Its own in the run: keys its draws. */
  readonly name: string;
  requestFlush(): void;
  fatal(error: Error): void;
}

/** The ports for one process of `server`. What a dead process still wants done is not done. */
export function portsOf(
  server: ServerView & { readonly disk: SimDisk; readonly clock: SimClock },
  own: Process,
  { kernel, network, connections, hooks }: ServerParts,
): Ports {
  const random = kernel.randomness.draws("node", own.name);
  const secret = kernel.randomness.draws("secret", own.name);
  const disk = server.disk.port(() => own.alive);
  let appliedIndex = 0;
  return {
    disk: {
      write: (batch, done) => {
        disk.write(batch, done);
        if (own.alive && hooks.armed) hooks.writes(server);
      },
      scan: disk.scan,
      view: disk.view,
    },
    network: {
      send: (to, messages) => {
        for (const message of messages) {
          if (own.alive && hooks.armed) hooks.sends(server, message);
          if (!own.alive) return;
          kernel.observers.sent(server, to, message);
          network.send(server.id, to, { message, instance: server.node?.instance ?? 0 });
        }
      },
    },
    clock: server.clock,
    clients: {
      send: (id, messages) => {
        if (own.alive && hooks.armed) hooks.answers(server);
        const connection = connections.get(id);
        if (!own.alive || connection === undefined) return;
        kernel.observers.serverFrame(server, connection.client, id, messages);
        connections.down(connection, messages);
      },
      isCongested: (id) => {
        const connection = connections.get(id);
        return own.alive && connection !== undefined && connections.isCongested(connection);
      },
      close: (id) => {
        const connection = connections.get(id);
        if (own.alive && connection !== undefined) connections.closeByServer(connection);
      },
    },
    random: () => random.next(),
    secret: (length) => Uint8Array.from({ length }, () => secret.below(256)),
    effectsTaken: (effects) => {
      kernel.observers.effects(server, effects);
      if (hooks.armed && effects.committed.length > 0 && server.node?.raft.isLeader === true) hooks.commits(server);
    },
    applied: (_command, { zxid }) => {
      assert(
        zxid > appliedIndex && zxid <= (server.node?.raft.commitIndex ?? zxid),
        "what is told is committed, in order",
      );
      appliedIndex = zxid;
      kernel.observers.appliedCommand(server, zxid);
    },
    requestFlush: () => own.requestFlush(),
    fatal: (error) => own.fatal(error),
  };
}
