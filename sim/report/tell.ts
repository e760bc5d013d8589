/** A plan in sentences: its faults, its operations, its cluster. For what happens in a run: tell-events.ts. */

import { fromUtf8 } from "../../src/base/bytes.ts";
import { inWords } from "../../src/base/operation-traits.ts";
import type { Action, ServerTarget, When } from "../plan/actions.ts";
import type { Fault, Plan, PlannedOperation, Step } from "../plan/plan.ts";
import type { StruckFault } from "../world/observer.ts";
import { operationOf } from "../write-steps.ts";
import { count } from "./tell-events.ts";

/** `3` → "n3", `"leader"` → "the leader". */
function who(target: ServerTarget | "any"): string {
  if (typeof target === "number") return `n${target}`;
  const words: Record<Exclude<typeof target, number>, string> = {
    any: "any server",
    leader: "the leader",
    oldLeader: "a leader of an older term",
    follower: "some follower",
    lastVoter: "whoever voted last",
    lastCandidate: "whoever campaigned last",
    laggard: "the follower with the shortest log",
    freshest: "the follower with the longest log",
    random: "some server",
    down: "some crashed server",
  };
  return words[target];
}

/** Milliseconds: "250 ms", "3 s". */
export function duration(ms: number): string {
  if (ms >= 1000 && ms % 100 === 0) return `${ms / 1000} s`;
  return `${Number(ms.toFixed(3))} ms`;
}

function ordinal(nth: number): string {
  const last = nth % 10;
  const teen = nth % 100 >= 11 && nth % 100 <= 13;
  return `${nth}${teen ? "th" : last === 1 ? "st" : last === 2 ? "nd" : last === 3 ? "rd" : "th"}`;
}

const heard = {
  any: "a message",
  connected: "its attachment",
  early: "an event, before any answer,",
  event: "an event",
  reply: "an answer",
  pong: "the answer to a ping",
} as const;

/** When a fault strikes. */
export function tellWhen(when: When): string {
  if (when.kind === "at") return `at ${duration(when.atMs)}`;
  const server = who(when.server);
  const after = when.atMs > 0 ? `, counted from ${duration(when.atMs)} on` : "";
  const nth = when.nth === 1 ? "" : ` for the ${ordinal(when.nth)} time`;
  const message = "message" in when && when.message !== "any" ? when.message : "a message";
  switch (when.kind) {
    case "receives":
      return `just before ${server} handles ${message}${nth}${after}`;
    case "sends":
      return `just before ${server} sends ${message}${nth}${after}`;
    case "writes":
      return `when ${server} has handed a write to its disk${nth}${after}`;
    case "persists":
      return `when a write of ${server} is on disk, but it does not know yet${nth}${after}`;
    case "commits":
      return `when ${server} finds entries committed and has not told anybody${nth}${after}`;
    case "answers":
      return `just before ${server} answers a client${nth}${after}`;
    case "elected":
      return `when ${server} has become leader${nth}${after}`;
    case "hears":
      return `when a client has taken ${heard[when.what]} from ${server}${nth}${after}`;
  }
}

function link({ from, to }: { readonly from: ServerTarget | "any"; readonly to: ServerTarget | "any" }): string {
  return `from ${who(from)} to ${who(to)}`;
}

function client(target: number | "random" | "all"): string {
  if (target === "all") return "all clients";
  return target === "random" ? "some client" : `client ${target}`;
}

/** What a fault does. */
export function tellAction(action: Action): string {
  switch (action.kind) {
    case "crash": {
      const back = action.restartAfterMs > 0 ? `starts again after ${duration(action.restartAfterMs)}` : "stays down";
      const kept = { 0: "none", 1: "all" }[action.keep] ?? `each with probability ${action.keep}`;
      return `${who(action.server)} crashes and ${back}; of its writes under way, ${kept} reached the disk`;
    }
    case "pause":
      return `${who(action.server)} does nothing for ${duration(action.forMs)}`;
    case "wipe":
      return action.restartAfterMs > 0
        ? `${who(action.server)} loses its disk and starts again after ${duration(action.restartAfterMs)}`
        : `${who(action.server)} loses its disk for good`;
    case "restart":
      return `${who(action.server)} starts`;
    case "mend":
      return `the machine of ${who(action.server)} is well again`;
    case "otherLife": {
      const says = action.says === "vote" ? "asks for the vote of" : "speaks as the leader to";
      return `a server of an earlier life of the cluster ${says} ${who(action.server)}`;
    }
    case "strangeClient":
      return `a client that does not keep to the protocol (${action.says}) comes to ${who(action.server)}`;
    case "restored":
      return `${who(action.server)} begins with the data of a backup; after ${duration(action.forMs)} it is emptied`;
    case "emptied":
      return `the directory of ${who(action.server)} is emptied before it takes part, and it starts afresh`;
    case "loss":
      return `for ${duration(action.forMs)}, ${action.rate * 100} % of the messages ${link(action)} are lost`;
    case "duplicate":
      return `for ${duration(action.forMs)}, ${action.rate * 100} % of the messages ${link(action)} arrive twice`;
    case "delay":
      return `for ${duration(action.forMs)}, ${action.rate * 100} % of the messages ${link(action)} take up to ${duration(action.extraMs)} longer and overtake each other`;
    case "replay":
      return `for ${duration(action.forMs)}, old messages ${link(action)} come again (${action.rate * 100} % of the time)`;
    case "garble":
      return `for ${duration(action.forMs)}, ${action.rate * 100} % of the chunks of snapshots ${link(action)} arrive damaged`;
    case "clog":
      return `for ${duration(action.forMs)}, nothing arrives ${link(action)}; then all of it does`;
    case "intercept": {
      const which = action.nth === 1 ? "the next message" : `the ${ordinal(action.nth)} message`;
      const what = {
        drop: "is lost",
        duplicate: `arrives once more, ${duration(action.extraMs)} after its time`,
        delay: `takes ${duration(action.extraMs)} longer`,
      }[action.does];
      return `${which} on its way ${link(action)} ${what}`;
    }
    case "heal":
      return `the links ${link(action)} are well again`;
    case "swizzle":
      return `within ${duration(action.forMs)}, some servers are clogged one by one and released in another order`;
    case "break":
      return `the streams ${link(action)} break`;
    case "partition":
      return tellPartition(action);
    case "resetClient": {
      const refused = action.refuseMs > 0 ? ` and is refused for ${duration(action.refuseMs)}` : "";
      return `the connection of ${client(action.client)} breaks${refused}`;
    }
    case "falseServer":
      return `${client(action.client)} hears what is not so from its server (${action.says})`;
    case "moveClient":
      return `${client(action.client)} moves to another server`;
    case "stallClient":
      return `for ${duration(action.forMs)}, nothing passes on the connection of ${client(action.client)}`;
    case "pauseClient":
      return `${client(action.client)} ${action.client === "all" ? "stand" : "stands"} still for ${duration(action.forMs)}`;
    case "slowDisk":
      return `for ${duration(action.forMs)}, writes of ${who(action.server)} take up to ${duration(action.extraMs)} longer`;
    case "stallDisk":
      return `for ${duration(action.forMs)}, no write of ${who(action.server)} completes`;
    case "failWrite":
      return `the next write of ${who(action.server)} fails${action.applied ? ", though it reached the disk" : ""}`;
    case "fullDisk":
      return `for ${duration(action.forMs)}, every write of ${who(action.server)} fails`;
    case "lowDisk":
      return `for ${duration(action.forMs)}, the disk of ${who(action.server)} is almost full`;
    case "flipBit":
      return `one bit on the disk of ${who(action.server)} turns${action.part === "any" ? "" : ` (its ${action.part})`}`;
    case "loseRow": {
      const row = { any: "a row", log: "a block of its log", state: "a row of its state" }[action.part];
      const how = action.older ? "is as it was some time before" : "is missing";
      const back = action.restartAfterMs > 0 ? `, which starts again after ${duration(action.restartAfterMs)}` : "";
      return `${who(action.server)} crashes, and ${row} ${how} on its disk${back}`;
    }
    case "drift":
      return `for ${duration(action.forMs)}, the clock of ${who(action.server)} runs ${action.rate} times as fast`;
    case "jumpClock":
      return `the wall clock of ${who(action.server)} jumps by ${duration(action.byMs)}`;
    case "member":
      return `an operator asks the leader to ${tellChange(action)}${action.force ? ", by force" : ""}`;
    case "transfer":
      return `an operator asks the leader to hand over to ${action.open ? "whom it likes" : who(action.server)}`;
  }
}

function tellChange({ change, server }: Extract<Action, { readonly kind: "member" }>): string {
  switch (change) {
    case "add":
      return "add a spare server";
    case "observe":
      return "add a spare server as an observer";
    case "remove":
      return `remove ${who(server)}`;
    case "replace":
      return `replace ${who(server)} by a spare server`;
    case "giveUp":
      return "give the newcomer up that catches up";
    case "promote":
      return "make an observer a voter";
    case "move":
      return `note that ${who(server)} listens for the others elsewhere`;
    case "several":
      return `make several changes at once, and let ${who(server)} go`;
    case "mistake":
      return "do what makes no sense";
  }
}

function tellPartition(action: Extract<Action, { readonly kind: "partition" }>): string {
  const { shape, server, servers, forMs, flapMs } = action;
  const side = servers.length > 0 ? servers.map((id) => `n${id}`).join(", ") : "a drawn minority";
  const flapping = flapMs > 0 ? `, on and off every ${duration(flapMs)}` : "";
  const lasts = `for ${duration(forMs)}${flapping}`;
  switch (shape) {
    case "halves":
      return `${lasts}, ${side} and the rest do not hear each other`;
    case "isolate":
      return `${lasts}, ${who(server)} is cut off from all others`;
    case "oneWay":
      return `${lasts}, nobody hears ${who(server)}, which hears all`;
    case "deaf":
      return `${lasts}, ${who(server)} hears nobody, but is heard`;
    case "bridge":
      return `${lasts}, two halves hear each other only through ${who(server)}${servers.length > 0 ? ` (one: ${side})` : ""}`;
    case "ring":
      return `${lasts}, every server hears only two neighbours`;
  }
}

/** One fault. */
export function tellFault({ when, what }: Fault): string {
  return `${tellWhen(when)}: ${tellAction(what)}`;
}

/** " (that is n2)": who was meant by each target of the sentence that is no server yet in the plan. */
export function tellTargets({ action, resolved }: Pick<StruckFault, "action" | "resolved">): string {
  const sentence = tellAction(action);
  const ends: readonly (ServerTarget | "any")[] = [
    "server" in action ? action.server : "any",
    ...("from" in action ? [action.from, action.to] : []),
  ];
  // Some targets of some actions mean nothing, and the sentence does not speak of them.
  const symbolic = ends.filter((end) => typeof end !== "number" && end !== "any" && sentence.includes(who(end)));
  const parts = [...new Set(symbolic)].map((target) => {
    const found = resolved.find((one) => one.target === target);
    const name = found === undefined ? "nobody" : `n${found.server}`;
    return `${symbolic.length === 1 ? "that" : who(target)} is ${name}`;
  });
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

/** What a fault did, and to whom. */
export function tellStruck(struck: Pick<StruckFault, "action" | "resolved">): string {
  return tellAction(struck.action) + tellTargets(struck);
}

/** What a client does. */
export function tellStep(step: Step): string {
  switch (step.kind) {
    case "read":
      return `${step.local ? "local " : ""}${step.read} ${step.path}${tellPage(step)}${step.watch ? " with a watch" : ""}`;
    case "addWatch":
      return `${step.local ? "local " : ""}add a ${step.recursive ? "recursive" : "persistent"} watch ${step.path}`;
    case "multiRead":
      return `${step.local ? "local " : ""}multiRead ${step.paths.join(" ")}`;
    case "sync":
      return "sync";
    case "close":
      return "closes its session and opens another";
    case "reconnect":
      return "drops its connection";
    case "abort":
      return "gives up a request or a watch";
    case "blunder":
      return "asks for what no server could take in";
    case "vanish":
      return "ends without a word, and another process begins with a session of its own";
    case "inherit":
      return "ends without a word, and another process goes on with its session";
    case "auth":
      return `shows ${step.credential}`;
    case "move":
      return "moves to another server";
    default:
      return inWords(operationOf(step), tellData);
  }
}

function tellData(data: Uint8Array): string {
  return data.length === 0 ? "" : ` = ${JSON.stringify(fromUtf8(data))}`;
}

function tellPage({ limit, after }: Extract<Step, { readonly kind: "read" }>): string {
  if (limit === 0) return "";
  return `, ${count(limit, "name")}${after === "" ? "" : ` behind ${after}`}`;
}

/** One operation. */
export function tellOperation({ client: number, atMs, step }: PlannedOperation): string {
  return `at ${duration(atMs)}: client ${number} ${tellStep(step)}`;
}

/** A plan: its cluster in one line, then what happens in the order of time, numbered. */
export function tellPlan(plan: Plan): string[] {
  const { servers, spares, clients, electionTimeoutMs, networkUs, diskUs } = plan.config;
  const latency = ({ min, typical, max }: typeof networkUs) =>
    min === max
      ? duration(min / 1000)
      : `${duration(min / 1000)} to ${duration(max / 1000)}, often ${duration(typical / 1000)}`;
  const drawn =
    plan.workload.perSecond > 0 ? `, ${plan.workload.perSecond} drawn operations of each client a second` : "";
  const cluster = `${count(servers, "server")}${spares > 0 ? ` and ${spares} spare` : ""}, ${count(clients, "client")}${drawn}, election timeout ${duration(electionTimeoutMs)}, network ${latency(networkUs)}, disk ${latency(diskUs)}, seed ${plan.seed}`;
  const items = [
    ...plan.faults.map((fault) => ({ atMs: fault.when.atMs, text: tellFault(fault) })),
    ...plan.workload.operations.map((operation) => ({ atMs: operation.atMs, text: tellOperation(operation) })),
  ].sort((a, b) => a.atMs - b.atMs);
  const nothing =
    items.length === 0 ? ["nothing goes wrong and no client asks for anything: starting up is enough"] : [];
  return [cluster, ...nothing, ...items.map(({ text }, i) => `${i + 1}. ${text}`)];
}
