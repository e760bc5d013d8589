/**
 * Seed → plan, swarm style: each plan draws which faults exist at all and how often each strikes, so that some runs hit
 * one weak spot hard instead of all of them a little.
 */
import { limits } from "../../src/base/limits.ts";
import { writeChoices } from "../operations.ts";
import type { Action, ActionKind, When } from "../plan/actions.ts";
import { checkPlan, type Fault, type Plan } from "../plan/plan.ts";
import { type Draws, Randomness } from "../world/random.ts";
import { drawBrokenArming, drawLateWords } from "./client-schedules.ts";
import { drawAction, faultKinds } from "./draw-action.ts";
import { drawDyingVoters, drawLeavers } from "./membership-schedules.ts";
import {
  applyWorks,
  changeHistories,
  changes,
  crowd,
  disks,
  hastyCheckpoints,
  networks,
  paces,
  pipelines,
  readWorks,
  slowArming,
  snapshotPaces,
} from "./ranges.ts";
import {
  drawCutLeaders,
  drawCutOff,
  drawFigure8,
  drawFounding,
  drawHastyChanges,
  drawHops,
  drawHungDisks,
  drawLedAgain,
  drawLeftBehind,
  drawLostChanges,
  drawOlderBlock,
  drawOutgrown,
  drawStorm,
  drawTails,
  drawWrongClocks,
} from "./schedules.ts";

/** What a caller may fix of a plan. */
export interface GenerateOptions {
  readonly servers?: number | undefined;
  readonly clients?: number | undefined;
  /** Length of the fault phase, virtual ms. */
  readonly horizonMs?: number | undefined;
  /** No faults at all. */
  readonly clean?: boolean | undefined;
}

/** The plan of a seed. */
export function generatePlan(seed: number, options: GenerateOptions = {}): Plan {
  const randomness = new Randomness(seed);
  const draws = randomness.draws("plan config");
  const drawnServers = draws.pick([1, 2, 3, 3, 3, 3, 4, 5, 5, 5]);
  // A leader that leaves behind what a majority gets to have, and another that overwrites it: nothing else is to disturb.
  const figure8 = options.clean !== true && randomness.draws("plan figure 8").chance(0.04);
  // Changes of membership that lose the server on which they depend: nor is anything else to disturb these.
  const fatal = randomness.draws("plan fatal changes");
  const free = options.clean !== true && !figure8 && options.servers === undefined;
  const changing = free && fatal.chance(0.05) ? fatal.pick(fatalChanges) : undefined;
  const staged = figure8 || changing !== undefined;
  const disturbed = options.clean !== true && !staged;
  const servers = options.servers ?? changing?.servers ?? (figure8 ? 3 : drawnServers);
  // In a storm servers matter more than clients: those are rather quiet, so that there is time for more storms.
  const stormy = disturbed && randomness.draws("plan stormy").chance(0.5);
  // One entry a message: then there is a moment between any two of them.
  const tails = stormy && randomness.draws("plan tails").chance(0.3);
  // Leaders that are cut off amid work: many ask for the same few paths, so that whoever answers too early is found out.
  const contended = disturbed && randomness.draws("plan cut leaders").chance(0.15);
  // Leaders whose logs outgrow those of their successors: with clients that ask for much at once.
  const outgrown = disturbed && randomness.draws("plan outgrown").chance(0.1);
  // Clients with many watches that lose their server again and again, often before it has armed them all.
  const arming = disturbed && randomness.draws("plan arming").chance(0.1);
  // Clients that pile up requests, so that whatever is bounded or done in turns has more to do than it can.
  const crowded = !staged && randomness.draws("plan crowded").chance(0.12);
  const drawnPace = draws.pick(
    contended || outgrown || figure8 || arming ? paces.slice(3) : stormy ? [...paces, ...paces.slice(0, 3)] : paces,
  );
  const pace = crowded ? crowd : changing === undefined ? drawnPace : changes;
  const horizonMs = options.horizonMs ?? draws.between(pace.horizonMs[0], pace.horizonMs[1]);
  const electionTimeoutMs = draws.pick(outgrown || staged ? [300] : [150, 300, 1_000]);
  const config = {
    servers,
    spares: changing?.spares ?? (!disturbed ? 0 : randomness.draws("plan spares").pick([0, 0, 0, 1, 2, 3])),
    clients: options.clients ?? draws.between(1, 6),
    balanced: randomness.draws("plan balanced").pick([0, 0, 1, 2, 6]),
    learning: randomness.draws("plan learning").chance(0.5),
    horizonMs,
    electionTimeoutMs,
    heartbeatMs: Math.floor(electionTimeoutMs / draws.pick([3, 4, 8])),
    sessionTimeoutMs: draws.pick([2_000, 4_000, 10_000]),
    ...draws.pick(tails ? pipelines.slice(0, 1) : stormy ? [...pipelines, pipelines[0], pipelines[0]] : pipelines),
    // Nor would one that messages often outlast: the leader would step down (CheckQuorum) as often as it is elected.
    networkUs: draws.pick(electionTimeoutMs < 300 ? networks.slice(0, -1) : networks),
    clientUs: randomness.draws("plan client network").pick([
      { min: 100, typical: 400, max: 50_000 },
      { min: 100, typical: 400, max: 50_000 },
      { min: 1_000, typical: 20_000, max: 200_000 },
    ]),
    // An election that a vote's way to the disk outlasts would be no test of anything (§5.6).
    diskUs: draws.pick(outgrown || staged ? disks.slice(0, 1) : electionTimeoutMs < 1_000 ? disks.slice(0, -1) : disks),
    lateFlush: draws.pick([0, 0.3, 0.8]),
    lateFlushUs: draws.pick([100, 1_000, 20_000]),
    wallSkewMs: draws.pick([0, 50, 5_000]),
    clientAhead: randomness.draws("plan client ahead").pick([1_000_000, 1_000_000, 1, 3]),
    frameMessages: randomness.draws("plan frames").pick(arming ? [1, 1, 3, 1_000_000] : [1_000_000, 1_000_000, 1, 3]),
    appendHoldMs: randomness.draws("plan hold").pick([limits.appendHoldMs, limits.appendHoldMs, 0, 3, 500]),
    undurableBytesMax: randomness.draws("plan undurable").pick([2_000, 20_000, 64 * 1024 * 1024]),
    uncommittedBytesMax: randomness
      .draws("plan uncommitted")
      .pick([limits.uncommittedBytesMax, limits.uncommittedBytesMax, limits.uncommittedBytesMax, 1_000]),
    unappliedBytesMax: randomness.draws("plan unapplied").pick([limits.unappliedBytesMax, 500, 3_000]),
    checkpoints: {
      ...drawCheckpoints(randomness.draws("plan checkpoints")),
      ...(outgrown ? hastyCheckpoints : {}),
    },
    // Only then do lists name them: entries of plans without stay as they are.
    addresses: drawAccess(randomness.draws("plan access")).setAcl > 0,
    bytes: randomness.draws("plan bytes").chance(0.15),
    readWork: randomness.draws("plan read work").pick(readWorks),
    snapshotPace: randomness.draws("plan snapshot pace").pick(snapshotPaces),
    applyWork: randomness.draws("plan apply work").pick(applyWorks),
    changeHistoryMax: randomness.draws("plan history").pick(changeHistories),
    forwardedBytesMax: randomness.draws("plan forwarded").pick([limits.forwardedBytesMax, 4_000]),
    proposedWindowBytes: randomness
      .draws("plan proposed window")
      .pick([limits.proposedWindowBytes, limits.proposedWindowBytes, 300, 2_000]),
    stagedBytesMax: randomness.draws("plan staged").pick([limits.stagedBytesMax, 1_000]),
    ...(arming ? slowArming.config : {}),
    ...(figure8 ? { appendBytesMax: 1, appendsInFlightMax: 1 } : {}),
  };
  const drawnOutstanding = draws.pick(outgrown ? [16] : [1, 4, 16]);
  const workload = {
    perSecond: pace.perSecond,
    outstanding: crowded ? crowd.outstanding : drawnOutstanding,
    paths: draws.pick(contended ? [1, 2] : arming ? [20, 50] : [1, 2, 4, 8, 20, 50]),
    mix: {
      ...drawMix(randomness.draws("plan mix")),
      ...(contended ? contendedMix : {}),
      pagePercent: randomness.draws("plan pages").pick([0, 50, 100]),
      multi: randomness.draws("plan multi").pick([0, 3, 10, 30]),
      addWatch: randomness.draws("plan watches that stay").pick([0, 0, 1, 4]),
      getMembers: randomness.draws("plan reads of members").pick([0, 0, 1, 4]),
      quota: randomness.draws("plan quotas").pick([0, 0, 3, 10]),
      getQuota: randomness.draws("plan reads of quotas").pick([0, 0, 1, 4]),
      ...(arming
        ? randomness.draws("plan arming of standing").chance(0.4)
          ? slowArming.standing
          : slowArming.mix
        : {}),
      createContainer: randomness.draws("plan containers").pick([0, 0, 3, 10, 20]),
      createTtl: randomness.draws("plan times to live").pick([0, 0, 3, 10, 20]),
      getEphemerals: randomness.draws("plan ephemeral reads").pick([0, 0, 0, 2]),
      getAllChildrenNumber: randomness.draws("plan descendants").pick([0, 0, 0, 2]),
      ...drawAccess(randomness.draws("plan access")),
      multiRead: randomness.draws("plan multi reads").pick([0, 0, 3, 10]),
      blunder: randomness.draws("plan blunders").pick([0, 0, 0.1]),
      vanish: randomness.draws("plan processes").pick([0, 0, 0.5, 1]),
      inherit: randomness.draws("plan heirs").pick([0, 0, 0.5, 2]),
    },
    patienceMs: randomness.draws("plan patience").pick([0, 0, 0, 100, 1_000, 10_000]),
    setBytes: randomness.draws("plan set bytes").pick([0, 0, 0, 300, 2_000]),
    readers: randomness.draws("plan readers").pick(contended ? [1, 2, 3] : [0, 1, 2]),
  };
  const faults = disturbed ? drawFaults(randomness, servers, horizonMs) : [];
  if (tails) faults.push(...drawTails(randomness.draws("plan tails"), horizonMs, electionTimeoutMs));
  else if (stormy) faults.push(...drawStorm(randomness.draws("plan storm"), servers, horizonMs, electionTimeoutMs));
  if (contended) {
    const again = randomness.draws("plan led again");
    faults.push(
      ...(again.chance(0.4)
        ? drawLedAgain(again, horizonMs, electionTimeoutMs)
        : drawCutLeaders(randomness.draws("plan cut leaders"), horizonMs, electionTimeoutMs)),
    );
  }
  if (changing !== undefined) faults.push(...changing.draw(fatal, horizonMs, electionTimeoutMs));
  if (figure8) faults.push(...drawFigure8(randomness.draws("plan figure 8"), horizonMs, electionTimeoutMs));
  if (outgrown) faults.push(...drawOutgrown(randomness.draws("plan outgrown"), horizonMs, electionTimeoutMs));
  if (disturbed && randomness.draws("plan cut off").chance(0.2))
    faults.push(...drawCutOff(randomness.draws("plan cut off"), horizonMs, config.sessionTimeoutMs));
  const hops = randomness.draws("plan hops");
  if (disturbed && (hops.chance(0.25) || arming)) faults.push(...drawHops(hops, horizonMs));
  const broken = randomness.draws("plan broken arming");
  if (disturbed && broken.chance(arming ? 0.7 : 0.05)) faults.push(...drawBrokenArming(broken, horizonMs));
  const late = randomness.draws("plan late words");
  if (disturbed && late.chance(0.1)) faults.push(...drawLateWords(late, servers, horizonMs, config.sessionTimeoutMs));
  const older = randomness.draws("plan older blocks");
  // A quorum keeps its data.
  if ((tails || figure8) && servers > 2 && !faults.some(({ what }) => losesData(what.kind)) && older.chance(0.5))
    faults.push(drawOlderBlock(older, horizonMs));
  if (disturbed && randomness.draws("plan hung disks").chance(0.15))
    faults.push(...drawHungDisks(randomness.draws("plan hung disks"), horizonMs, electionTimeoutMs));
  if (disturbed && randomness.draws("plan wrong clocks").chance(0.15))
    faults.push(...drawWrongClocks(randomness.draws("plan wrong clocks"), horizonMs, electionTimeoutMs));
  if (disturbed && randomness.draws("plan left behind").chance(0.2))
    faults.push(...drawLeftBehind(randomness.draws("plan left behind"), servers, horizonMs, electionTimeoutMs));
  if (disturbed && servers > 1 && randomness.draws("plan founding").chance(0.1))
    faults.push(...drawFounding(randomness.draws("plan founding faults"), servers));
  if (disturbed && config.spares > 0) {
    faults.push(...drawLostChanges(randomness.draws("plan lost changes"), faults, horizonMs));
    faults.push(...drawHastyChanges(randomness.draws("plan hasty changes"), horizonMs));
  }
  return checkPlan({ version: 1, seed, config, workload, faults });
}

/** For which cluster, and what befalls it. */
const fatalChanges = [
  { servers: 2, spares: 2, draw: drawLeavers },
  { servers: 3, spares: 1, draw: drawDyingVoters },
] as const;

/** Reads ask whoever may be deposed; writes change what they read. */
const contendedMix = { localPercent: 0, create: 10, setData: 20, getData: 20, exists: 5 } as const;

/** In a third of the runs clients say who they are, and keep each other out. */
function drawAccess(draws: Draws) {
  if (draws.chance(0.65)) return { setAcl: 0, createWithAcl: 0, getAcl: 0, auth: 0 };
  return {
    setAcl: draws.pick([3, 6, 12]),
    createWithAcl: draws.pick([0, 5, 10]),
    getAcl: draws.pick([0, 2, 6]),
    auth: draws.pick([1, 3]),
    setSharedAcl: draws.pick([0, 2, 6]),
  };
}

/** Mostly so small that the state is checkpointed all the time and whoever was away for a moment needs a snapshot. */
function drawCheckpoints(draws: Draws): Record<string, number> {
  if (draws.chance(0.3)) return {};
  // A row a turn: a checkpoint takes its time, and the next begins soon after.
  if (draws.chance(0.35))
    return {
      dirtyBytes: 1_000_000,
      logBytes: draws.pick([1_000, 3_000, 6_000]),
      tailBytes: draws.pick([0, 0, 500]),
      awayBytes: 0,
      heldBytes: draws.pick([0, 0, 2_000]),
      segmentBytes: 1,
      cleanBytes: draws.pick([1, 100_000]),
      slackBytes: draws.pick([0, 1_000]),
    };
  return {
    dirtyBytes: draws.pick([1, 500, 3_000, 6_000, 1_000_000]),
    logBytes: draws.pick([1, 1_000, 20_000]),
    tailBytes: draws.pick([0, 0, 500, 5_000]),
    awayBytes: draws.pick([0, 0, 0, 2_000, 20_000]),
    heldBytes: draws.pick([0, 0, 2_000, 1_000_000]),
    // A segment a turn: with one row in each, a checkpoint takes a while.
    segmentBytes: draws.pick([1, 1, 500, 5_000, 200_000]),
    cleanBytes: draws.pick([1, 1_000, 100_000]),
    slackBytes: draws.pick([0, 1_000]),
  };
}

/** Each operation is left out, rare or frequent. */
function drawMix(draws: Draws): Record<string, number> {
  const mix: Record<string, number> = { localPercent: draws.pick([0, 50, 100]), watchPercent: draws.pick([0, 30, 80]) };
  for (const [name, { hunted }] of Object.entries(writeChoices)) if (hunted.length > 0) mix[name] = draws.pick(hunted);
  for (const name of ["getData", "exists", "getChildren", "sync"]) mix[name] = draws.pick([0, 3, 10]);
  mix["create"] = draws.pick([5, 10, 20]);
  for (const name of ["close", "reconnect", "move"]) mix[name] = draws.pick([0, 0.5, 2]);
  mix["abort"] = draws.pick([0, 0, 2, 10]);
  return mix;
}

function drawFaults(randomness: Randomness, servers: number, horizonMs: number): Fault[] {
  const swarm = randomness.draws("plan swarm");
  const rate = swarm.pick([0.3, 0.6, 1]);
  const faults: Fault[] = [];
  // Disks that may be lost for good, so that a quorum's data stays.
  let expendable = Math.floor((servers - 1) / 2);
  for (const kind of faultKinds) {
    if (!swarm.chance(0.35)) continue;
    const draws = randomness.draws("plan fault", kind);
    const count = Math.min(12, Math.max(1, Math.round((rate * draws.between(1, 8) * horizonMs) / 20_000)));
    for (let i = 0; i < count; i++) {
      if (losesData(kind) && expendable-- <= 0) break;
      faults.push({ when: drawWhen(draws, kind, horizonMs), what: drawAction(kind, draws, servers, horizonMs) });
    }
  }
  return faults;
}

function losesData(kind: ActionKind): boolean {
  return kind === "wipe" || kind === "flipBit" || kind === "loseRow";
}

/** Mostly a time; for what hits one server, also some moment of its work. */
function drawWhen(draws: Draws, kind: Action["kind"], horizonMs: number): When {
  const atMs = draws.between(0, Math.floor(horizonMs * 0.95));
  const atWork = kind === "crash" || kind === "pause" || kind === "partition" || kind === "failWrite";
  if (!atWork || draws.chance(0.5)) return { kind: "at", atMs };
  const server = draws.pick(["any", "any", "leader", "follower"] as const);
  const nth = draws.between(1, 20);
  const message = draws.pick([
    "any",
    "AppendEntries",
    "AppendEntriesReply",
    "RequestVote",
    "RequestVoteReply",
  ] as const);
  switch (draws.below(7)) {
    case 0:
      return { kind: "receives", server, message, nth, atMs };
    case 1:
      return { kind: "sends", server, message, nth, atMs };
    case 2:
      return { kind: "writes", server, nth, atMs };
    case 3:
      return { kind: "persists", server, nth, atMs };
    case 4:
      return { kind: "answers", server, nth, atMs };
    case 5:
      return { kind: "commits", server: "any", nth, atMs };
    default:
      return { kind: "elected", server: "any", nth: draws.between(1, 3), atMs };
  }
}
