/**
 * The configuration in effect (§6): a server uses the newest one in its log, committed or not, from the moment it is
 * appended; when its entry is truncated, the one before is in effect again.
 */
import { present } from "../base/assert.ts";
import type { Configuration, Entry, Index, ServerId } from "./types.ts";

/** The configurations of a log, by the index of their entries. */
export class ConfigurationHistory {
  /** Never empty; the first is that of the log's base. */
  readonly #versions: [Version, ...Version[]];

  constructor(baseIndex: Index, configuration: Configuration) {
    this.#versions = [{ index: baseIndex, configuration }];
  }

  get #newest(): Version {
    return present(this.#versions.at(-1), "a configuration");
  }

  /** The configuration in effect. */
  get current(): Configuration {
    return this.#newest.configuration;
  }

  /** Index of the entry that holds the configuration in effect. */
  get index(): Index {
    return this.#newest.index;
  }

  /** The configuration that is in effect again if the newest is truncated; the newest itself if it is the only one. */
  get previous(): Configuration {
    return (this.#versions.at(-2) ?? this.#versions[0]).configuration;
  }

  /** The configuration that was in effect when the log ended with `index`, which must not lie before the base (§7). */
  at(index: Index): Configuration {
    const version = this.#versions.findLast((candidate) => candidate.index <= index);
    return present(version, "a configuration from the base of the log on").configuration;
  }

  /** Takes note that the log now begins behind `index`. */
  compacted(index: Index): void {
    while ((this.#versions[1]?.index ?? Number.POSITIVE_INFINITY) <= index) this.#versions.shift();
  }

  /** Takes note of an appended entry. */
  appended(entry: Entry): void {
    if (entry.kind === "configuration") this.#versions.push({ index: entry.index, configuration: entry.configuration });
  }

  /** Takes note that the log now ends before `index`. */
  truncated(index: Index): void {
    while (this.#versions.length > 1 && this.#newest.index >= index) this.#versions.pop();
  }
}

interface Version {
  readonly index: Index;
  readonly configuration: Configuration;
}

/** Whether `id` takes part in elections and commitment, in either half of a joint configuration. */
export function isVoter(configuration: Configuration, id: ServerId): boolean {
  return configuration.voters.includes(id) || configuration.oldVoters.includes(id);
}

/** Whether `id` gets the log without a vote. */
export function isLearner({ learners }: Configuration, id: ServerId): boolean {
  return learners.length > 0 && learners.includes(id);
}

/** Whether `id` is to get the log: a voter, in either half, or a learner. */
export function isMember(configuration: Configuration, id: ServerId): boolean {
  return isVoter(configuration, id) || configuration.learners.includes(id);
}

/** The voters other than `id`, sorted. */
export function otherVoters(configuration: Configuration, id: ServerId): ServerId[] {
  return others([configuration.voters, configuration.oldVoters], id);
}

/** Everybody other than `id` who is to get the log, sorted: voters and learners. */
export function otherMembers(configuration: Configuration, id: ServerId): ServerId[] {
  return others([configuration.voters, configuration.oldVoters, configuration.learners], id);
}

function others(groups: readonly (readonly ServerId[])[], id: ServerId): ServerId[] {
  const ids = new Set(groups.flat());
  ids.delete(id);
  return [...ids].sort((a, b) => a - b);
}
