/** What the advice needs to know of a cluster. */
export interface ClusterFacts {
  readonly size: number;
  /** Members that are not yet voters, though they are to be. */
  readonly newcomers: readonly number[];
}

/** An error as kvctl tells it in JSON. */
export interface KvctlError {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
}

export interface AdvisedComplaint extends Error {
  readonly hint: string;
  readonly exitCode: number;
}

export function membershipComplaint(
  cluster: ClusterFacts,
  what: "add" | "remove",
  id: number,
  error: KvctlError,
  exitCode: number,
): AdvisedComplaint;
