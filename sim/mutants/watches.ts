/** Watches: fired at most once, in order, never missed, not even across servers. */
import type { Mutant } from "./mutant.ts";

export const watches: readonly Mutant[] = [
  {
    id: "W1",
    title: "watches are lost with the connection",
    source: "kazoo#151",
    file: "src/client/session-reconnect.ts",
    find: "for (const message of watches) this.#effects.send(message);",
    replace: "",
    expects: ["watches", "liveness"],
    kind: "safety",
    lesson:
      "Servers keep watches per connection. After a move the client has to arm them again, or it waits in silence.",
  },
  {
    id: "W2",
    title: "a busy client gets no events",
    source: "etcd#17529",
    file: "src/node/clients/watches.ts",
    find: "connection.requests.event(told);\n      this.#connections.speaks(connection);",
    replace:
      "if (connection.requests.length < 4) connection.requests.event(told);\n      this.#connections.speaks(connection);",
    expects: ["watches"],
    kind: "safety",
    lesson:
      "A slow watcher may be cut off, but not kept in the dark: an event that is dropped is a change nobody hears of.",
  },
  {
    id: "W3",
    title: "a watch fires again and again",
    source: "etcd#17247",
    file: "src/znode/watches.ts",
    find: `      byPath.delete(change.path);
      if (typeof watched === "number") {
        this.#disarmed(watched, kind, change.path);
        deliver(watched, event);
        continue;
      }
      for (const connection of watched) this.#disarmed(connection, kind, change.path);
`,
    replace: `      if (typeof watched === "number") {
        deliver(watched, event);
        continue;
      }
`,
    expects: ["watches"],
    kind: "safety",
    lesson: "A watch is one shot: an event, then silence until it is armed again.",
  },
  {
    id: "W4",
    title: "an event leaves after the answer that shows its change",
    source: "ours",
    file: "src/node/clients/request-queue.ts",
    find: '    if (last === undefined) this.#send({ type: "event", event });\n    else if (last.events === undefined) last.events = [event];',
    replace:
      '    const next = this.#slots.at(this.#evaluated);\n    if (next !== undefined) next.events = [...(next.events ?? []), event];\n    else if (last === undefined) this.#send({ type: "event", event });\n    else if (last.events === undefined) last.events = [event];',
    expects: ["watches"],
    kind: "safety",
    lesson:
      "A client never sees the effect of a change before the event that announces it. So an event goes before the next answer, not behind it.",
  },
  {
    id: "W5",
    title: "old events come again after a switch of server",
    source: "etcd#15271, #20221",
    file: "src/znode/change-history.ts",
    find: "      if (change.zxid <= relativeZxid) break;\n",
    replace: "",
    expects: ["watches"],
    kind: "safety",
    lesson: "The client says up to where it knows everything. What lies before that is no news to it.",
  },
  {
    id: "W6",
    title: "the client claims to know everything up to its new attachment",
    source: "ZOOKEEPER-4655",
    file: "src/client/session-watches.ts",
    find: "const relativeZxid = this.#toldUpTo;",
    replace: "const relativeZxid = attachedAt;",
    expects: ["watches"],
    kind: "safety",
    lesson:
      "The newest zxid that a client has seen may be ahead of the events that it has received. Armed from there, a watch skips what happened in between.",
  },
  {
    id: "W7",
    title: "a watch on children fires on a child's data",
    source: "ClickHouse#28190",
    file: "src/znode/edits.ts",
    find: '  changes.push(changeOf("dataChanged", znode, zxid));',
    replace:
      '  changes.push(changeOf("dataChanged", znode, zxid));\n  changes.push({ type: "childrenChanged", path: path.slice(0, path.lastIndexOf("/")) || "/", zxid });',
    expects: ["watches"],
    kind: "safety",
    lesson: "The list of children changes when one comes or goes. What a child holds is its own affair.",
  },
  {
    id: "W8",
    title: "an event overtakes an answer that is held back",
    source: "ours (provisional reads)",
    file: "src/node/clients/request-queue.ts",
    find: "    const last = place > 0 ? this.#slots.at(place - 1) : undefined;",
    replace: "    const last = place < 0 ? this.#slots.at(place - 1) : undefined;",
    expects: ["watches"],
    kind: "safety",
    lesson:
      "A read that was evaluated and waits for its turn has armed its watch. An event that leaves before its answer reaches a client that knows of no watch.",
  },
  {
    id: "W13",
    title: "the client counts as informed as soon as it is attached",
    source: "ZOOKEEPER-4655",
    file: "src/client/session-watches.ts",
    find: "    this.#rearmed = false;",
    replace: "    this.#rearmed = true;",
    expects: ["watches"],
    kind: "safety",
    survives:
      "Not equivalent. The connection must break between the server's connected and its first event, which a server sends in the same turn; the drawn breaks hardly ever hit that moment",
    lesson:
      "Between the attachment and the server's word on the watches the connection may break again. The next one must start from the old zxid.",
  },
  {
    id: "W14",
    title: "the answer leaves before the event of the same entry",
    source: "ours",
    file: "src/node/apply-line.ts",
    find: `    for (; telling.told < changes.length; telling.told++) {
      const change = changes[telling.told];
      if (work >= left || change === undefined) return work;
      work += 1 + clients.tell(change);
    }
    this.#telling = undefined;
    replica.allTold = true;
    if (command === undefined || applied === undefined) return work;
    clients.afterApply(command, applied);
`,
    replace: `    if (command === undefined || applied === undefined) {
      for (const change of changes) clients.tell(change);
      this.#telling = undefined;
      replica.allTold = true;
      return work;
    }
    clients.afterApply(command, applied);
    for (const change of changes) clients.tell(change);
    this.#telling = undefined;
    replica.allTold = true;
`,
    expects: ["watches"],
    kind: "safety",
    lesson: "A client that watches what it changes hears of the change first and then that it is done.",
  },
  {
    id: "W15",
    title: "a delete does not fire the watch on the znode's children",
    source: "ours",
    file: "src/base/watch-rules.ts",
    find: 'firedBy: ["deleted", "childrenChanged"]',
    replace: 'firedBy: ["childrenChanged"]',
    expects: ["watches"],
    kind: "safety",
    lesson: "Whoever watches the children of a znode wants to know that there are none any more, since it is gone.",
  },
  {
    id: "W16",
    title: "a broken connection takes the watches of others with it",
    source: "ours",
    file: "src/znode/watches.ts",
    find: '    if (connections === connection || (typeof connections !== "number" && connections.size === 0))\n      this.#byKind[kind].delete(path);',
    replace: "    this.#byKind[kind].delete(path);",
    expects: ["watches", "assertion"],
    kind: "safety",
    lesson: "Several clients may watch one path. When one of them goes, the others stay.",
  },
  {
    id: "W17",
    title: "a watch that fires while others are still to be armed again tells nobody",
    source: "ours (watches armed in turns)",
    file: "src/node/clients/watches.ts",
    find: "connection.requests.event(told);\n      this.#connections.speaks(connection);",
    replace:
      "if (connection.arming.idle) connection.requests.event(told);\n      this.#connections.speaks(connection);",
    expects: ["watches"],
    kind: "safety",
    survives:
      "The time between two visits is short, and a change has to fall into it that fires a watch of the very client. test/unit/node-watch-arming.test.ts makes one fall there.",
    lesson:
      "Work that is cut in slices is seen half done by all that happens in between. A watch counts from when it is armed.",
  },
  {
    id: "W18",
    title: "an event that waits for the other watches is told at once as well",
    source: "ours (watches armed in turns)",
    file: "src/node/clients/request-queue.ts",
    find: "    if (this.#held !== undefined) this.#held.push(event);\n    else this.#tell",
    replace: "    if (this.#held !== undefined) this.#held.push(event);\n    this.#tell",
    expects: ["watches"],
    kind: "safety",
    lesson: "Once is once. What is put aside to be told later must not be told now.",
  },
  {
    id: "W19",
    title: "an event does not wait for what the watches behind it have missed",
    source: "ours (watches armed in turns)",
    file: "src/node/clients/request-queue.ts",
    find: "    if (this.#held !== undefined) this.#held.push(event);\n",
    replace:
      "    if (this.#held !== undefined && event.zxid < this.#evaluator.appliedIndex()) this.#held.push(event);\n",
    expects: ["watches"],
    kind: "safety",
    survives:
      "As with W17: what fires between two visits is rare, and the next watch must have missed something older. test/unit/node-watch-arming.test.ts has the order.",
    lesson:
      "A watch that is armed fires now; the next one may have missed something older. The order is that of the changes, so all wait for the last watch.",
  },
  {
    id: "W20",
    title: "a ping is answered before the watches that were sent before it are armed",
    source: "ours (watches armed in turns)",
    file: "src/node/clients/router.ts",
    find: "if (connection.arming.idle) return this.#pong(connection, message.number);",
    replace: "if (connection.arming.idle || message.number > 0) return this.#pong(connection, message.number);",
    expects: ["watches"],
    kind: "safety",
    survives:
      "The connection must break between the answer and the last watch. test/unit/node-watch-arming.test.ts has the order.",
    lesson:
      "The answer to a ping tells the client that it knows of all that it has missed. If the connection breaks after it, nobody asks again.",
  },
  {
    id: "W21",
    title: "who has watches left to be armed is not visited again",
    source: "ours (watches armed in turns)",
    file: "src/node/clients/visits.ts",
    find: "if (!this.#armed(connection)) return connections.isOpen(connection);",
    replace: "if (!this.#armed(connection)) return false;",
    expects: ["liveness", "watches"],
    kind: "liveness",
    lesson:
      "Nothing goes on for a client until its last watch is armed. Whoever begins with that has to come back for the rest.",
  },
  {
    id: "W22",
    title: "exists leaves no watch on a znode that is not there",
    source: "ours (watch rules)",
    file: "src/base/watch-rules.ts",
    find: 'armedBy: "exists", onMissing: true',
    replace: 'armedBy: "exists", onMissing: false',
    expects: ["watches"],
    kind: "safety",
    lesson:
      "Client and server go by one rule, so they agree even where it is wrong. Only somebody who states it a second time, as the checker does, can tell.",
  },
  {
    id: "W23",
    title: "reads are answered while events of what they show wait for the next turn",
    source: "ours (events in turns)",
    file: "src/node/clients/visits.ts",
    find: "    if (replica.allTold) turns.run(",
    replace: "    turns.run(",
    expects: ["watches"],
    kind: "safety",
    lesson:
      "An entry that many watches tell of is told in several turns. Until the last event is out, nobody may be shown what it changed.",
  },
  {
    id: "W24",
    title: "events that one turn has no room for are forgotten",
    source: "ours (events in turns)",
    file: "src/node/apply-line.ts",
    find: "if (work >= left || change === undefined) return work;",
    replace: "if (work >= left || change === undefined) break;",
    expects: ["watches", "liveness"],
    kind: "safety",
    lesson: "A budget says when work is done, not whether.",
  },
  {
    id: "W25",
    title: "a watch outlives the answer that armed it",
    source: "ours (found in this code)",
    file: "src/node/clients/request-queue.ts",
    find: "if (slot.armed !== undefined) this.#evaluator.disarm(slot.armed);",
    replace: "",
    expects: ["watches"],
    kind: "safety",
    lesson:
      "A provisional answer may not count in the end. What it did besides, arming a watch, has to be undone with it: the answer that counts may be a refusal.",
  },
];
