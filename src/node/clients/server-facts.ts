import type { MemberEndpoint } from "../../protocol/client-messages.ts";

/** What clients are told of the server that they speak to, and what decides whether they are served; as of now. */
export interface ServerFacts {
  readonly id: number;
  readonly clusterId: string;
  /** Which life of the cluster this is; 0: not known. */
  instance(): number;
  /** Whether a leader is known that a majority follows. */
  hasQuorum(): boolean;
  /** The members of the cluster, as far as this server knows. */
  members(): readonly MemberEndpoint[];
  /** Why creates and setDatas are refused for want of disk; undefined while they are not. */
  writesRefused(): string | undefined;
}
