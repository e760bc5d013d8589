/** A server of a local cluster, as far as strangers on its ports are concerned. */
export interface ServerPlace {
  readonly id: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly httpAddress: string;
}

export interface ServerReport {
  readonly server: ServerPlace;
  readonly found: { readonly pid: number; readonly state: "running" | "paused" } | undefined;
  readonly status: undefined;
}

export function strangers(cluster: { readonly clusterId: string }, reports: readonly ServerReport[]): Promise<string[]>;
