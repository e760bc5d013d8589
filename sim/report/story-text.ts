/** The story of a run as text: every line of it, or a dozen lines for all of it. */
import type { ServerId } from "../../src/raft/types.ts";
import type { RunOutcome } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";
import type { ServerView } from "../world/view.ts";
import { stripLegend } from "./log-strip.ts";
import type { Story } from "./story.ts";
import type { StoryLine, Weight } from "./story-lines.ts";
import { tellConfiguration } from "./tell-commands.ts";
import { count } from "./tell-events.ts";

/** Colours a piece of a line, or leaves it as it is. */
export type Paint = (weight: Weight, text: string) => string;

const plain: Paint = (_, text) => text;

/** Virtual milliseconds, event, who, role and term, what; then the log. One line each. */
export function storyLine({ atUs, event, who, role, text, weight, log }: StoryLine, paint: Paint = plain): string {
  const time = (atUs / 1000).toFixed(3).padStart(10);
  const head = `${time} ms  #${String(event).padEnd(6)} ${who.padEnd(3)} ${role.padEnd(13)}`;
  return `${head} ${paint(weight, text)}${log === "" ? "" : `  ${log}`}`;
}

/** What of a story is shown: a part of its time, and what happened to these servers; all by default. */
export interface StoryCut {
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly nodes?: readonly ServerId[];
}

/**
 * A line for each that was kept and lies within `cut`, with a word on those that were not kept. `paint` gives them colours.
 */
export function storyLines(story: Story, paint: Paint = plain, cut: StoryCut = {}): string[] {
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY, nodes } = cut;
  const left = story.left > 0 ? [`… ${count(story.left, "line")} before`] : [];
  const shown = story
    .lines()
    .filter(({ atUs, who }) => {
      const isShown = nodes === undefined || !who.startsWith("n") || nodes.includes(Number(who.slice(1)));
      return isShown && atUs / 1000 >= fromMs && atUs / 1000 <= toMs;
    })
    .map((line) => storyLine(line, paint));
  return [stripLegend, ...left, ...shown];
}

/** Elections that are told one by one. */
const electionsMax = 5;

/** What happened, in a dozen lines: who led when and why, what was done to the cluster, what clients got. */
export function storySummary(story: Story, outcome: RunOutcome): string[] {
  const servers = story.world?.allServers ?? [];
  const { elections } = story;
  const told = elections.slice(0, electionsMax).map(({ atUs, leader, term, why }) => {
    const reason = why === "" ? "" : `, since ${why}`;
    return `  ${seconds(atUs).padStart(9)}  n${leader} is elected in term ${term}${reason}`;
  });
  const more = elections.length - told.length;
  return [
    ...told,
    ...(more > 0 ? [`             … and ${count(more, "election")} more`] : []),
    ...faultLines(outcome),
    ...clusterLine(outcome.plan, servers),
    clientLine(outcome),
    leaderLine(story, servers),
  ].filter((line) => line !== "");
}

function seconds(us: number): string {
  return `${(us / 1e6).toFixed(2)} s`;
}

function faultLines({ struck }: RunOutcome): string[] {
  if (struck.length === 0) return ["  faults: none"];
  const kinds = new Map<string, number>();
  for (const { action } of struck) kinds.set(action.kind, (kinds.get(action.kind) ?? 0) + 1);
  const parts = [...kinds].sort(([, a], [, b]) => b - a).map(([kind, times]) => `${times}× ${kind}`);
  return [`  faults: ${parts.join(", ")}`];
}

function clusterLine({ config }: Plan, servers: readonly ServerView[]): string[] {
  let newest: { readonly index: number; readonly text: string } | undefined;
  for (const { node } of servers) {
    const raft = node?.raft;
    if (raft === undefined || raft.configurationIndex <= (newest?.index ?? 0)) continue;
    newest = { index: raft.configurationIndex, text: tellConfiguration(raft.configuration) };
  }
  const began = `voters ${Array.from({ length: config.servers }, (_, i) => `n${i + 1}`).join(" ")}`;
  return newest === undefined || newest.text === began
    ? []
    : [`  membership: began with ${began}, ends with ${newest.text}`];
}

function clientLine({ history }: RunOutcome): string {
  const { operations, events } = history;
  const outcomes = { answered: 0, lost: 0, pending: 0 };
  let refused = 0;
  for (const { outcome, result } of operations) {
    outcomes[outcome] += 1;
    if (result?.failure !== undefined) refused += 1;
  }
  const told = (type: string, reason?: string) =>
    events.filter((event) => event.type === type && (reason === undefined || event.reason === reason)).length;
  const parts = [
    `${outcomes.answered} of ${count(operations.length, "operation")} answered (${refused} with an error such as NO_NODE)`,
    ...(outcomes.lost > 0 ? [`${outcomes.lost} without an answer, as their session ended`] : []),
    `${count(told("watch"), "watch event")}`,
    `${count(told("ended", "expired"), "session")} expired`,
  ];
  return `  clients: ${parts.join(", ")}`;
}

function leaderLine({ elections }: Story, servers: readonly ServerView[]): string {
  const leader = servers.find(({ node }) => node?.raft.isLeader === true);
  if (leader?.node === undefined) return elections.length === 0 ? "  nobody was elected" : "  at the end nobody leads";
  const { currentTerm, commitIndex } = leader.node.raft;
  const known = commitIndex === 0 ? "of no committed entry yet" : `entries up to ${commitIndex} to be committed`;
  return `  at the end n${leader.id} leads term ${currentTerm}, and knows ${known}`;
}
