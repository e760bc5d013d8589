/** The ports of a simulated server's process: its disk, network, clocks and clients, with observers and faults between. */
import { assert } from "../../src/base/assert.ts";
import type { Ports } from "../../src/node/ports.ts";
import type { Configuration } from "../../src/raft/types.ts";
import type { Plan } from "../plan/plan.ts";
import type { SimClock } from "./clock.ts";
import type { Connections } from "./connections.ts";
import type { SimDisk } from "./disk.ts";
import type { ServerHooks } from "./hooks.ts";
import type { Kernel } from "./kernel.ts";
import type { SimNetwork } from "./network.ts";
import type { ServerView } from "./view.ts";

/** What a server is part of. */
export interface ServerHost {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly network: SimNetwork;
  readonly connections: Connections;
  readonly hooks: ServerHooks;
  /** The members at first. */
  readonly bootstrap: Configuration;
}

/** The life of one process: its ports ask whether they still stand for anybody. */
export interface Life {
  alive: boolean;
}

/** One process of a server. */
export interface Process {
  readonly life: Life;
  /** Its own in the run: keys its draws. */
  readonly name: string;
  readonly requestFlush: () => void;
  readonly fatal: (error: Error) => void;
}

/** The ports for one process of `server`. What a dead process still wants done is not done. */
export function portsOf(
  server: ServerView & { readonly disk: SimDisk; readonly clock: SimClock },
  { life, name, requestFlush, fatal }: Process,
  { kernel, network, connections, hooks }: ServerHost,
): Ports {
  const random = kernel.randomness.draws("node", name);
  const secret = kernel.randomness.draws("secret", name);
  const disk = server.disk.port(() => life.alive);
  let appliedIndex = 0;
  return {
    disk: {
      write: (batch, done) => {
        disk.write(batch, done);
        if (life.alive && hooks.armed) hooks.writes(server);
      },
      scan: disk.scan,
      view: disk.view,
    },
    network: {
      send: (to, messages) => {
        for (const message of messages) {
          if (life.alive && hooks.armed) hooks.sends(server, message);
          if (!life.alive) return;
          for (const observer of kernel.observers.sent) observer.sent(server, to, message);
          network.send(server.id, to, { message, instance: server.node?.instance ?? 0 });
        }
      },
    },
    clock: server.clock,
    clients: {
      send: (id, messages) => {
        if (life.alive && hooks.armed) hooks.answers(server);
        const connection = connections.get(id);
        if (!life.alive || connection === undefined) return;
        for (const observer of kernel.observers.serverFrame)
          observer.serverFrame(server, connection.client, id, messages);
        connections.down(connection, messages);
      },
      close: (id) => {
        const connection = connections.get(id);
        if (life.alive && connection !== undefined) connections.closeByServer(connection);
      },
    },
    random: () => random.next(),
    secret: (length) => Uint8Array.from({ length }, () => secret.below(256)),
    effectsTaken: (effects) => {
      for (const observer of kernel.observers.effects) observer.effects(server, effects);
      if (hooks.armed && effects.committed.length > 0 && server.node?.raft.isLeader === true) hooks.commits(server);
    },
    applied: (_command, { zxid }) => {
      assert(
        zxid > appliedIndex && zxid <= (server.node?.raft.commitIndex ?? zxid),
        "what is told is committed, in order",
      );
      appliedIndex = zxid;
    },
    requestFlush,
    fatal,
  };
}
