/** A cluster of real server processes on this machine, for end-to-end tests and benchmarks. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { present } from "../../src/base/assert.ts";
import { serverStatus } from "../../src/client/index.ts";
import { freePorts } from "./free-ports.ts";
import { type Begun, begins, ended } from "./leave-nothing.ts";

/** The programs of this checkout, whether this file is one of its sources or built. */
const ownBin = fileURLToPath(new URL("../../bin/", import.meta.url)).replace("/dist/bin/", "/bin/");

type Status = Awaited<ReturnType<typeof serverStatus>>;

/** One server of the cluster. */
export interface LocalServer {
  readonly id: number;
  endpoint: string;
  peerAddress: string;
  /** Where it listened at first, as --members says. */
  readonly first: string;
  readonly httpAddress: string;
  readonly zookeeperAddress: string;
  readonly dataDirectory: string;
  /** It was not among the first members: it is started to be added. */
  readonly joins: boolean;
  process: ChildProcess | undefined;
  /** What the server printed since it was started last. */
  output: string;
}

/** Starts, kills, pauses and observes servers. */
export class LocalCluster {
  /** The first members, then those of {@link join}. */
  readonly servers: LocalServer[];
  readonly #home: string;
  readonly #begun: Begun;
  readonly #zookeeper: boolean;
  readonly #bin: string;
  #extraArguments: readonly string[];

  private constructor(
    home: string,
    servers: LocalServer[],
    extraArguments: readonly string[],
    zookeeper: boolean,
    bin: string,
  ) {
    this.#zookeeper = zookeeper;
    this.#bin = bin;
    this.#home = home;
    this.servers = servers;
    this.#begun = { home, children: () => this.servers.map(({ process: child }) => child) };
    this.#extraArguments = extraArguments;
  }

  /**
   * Starts `size` servers in a temporary folder and waits for a leader. `prepare` may see to the data directory of each
   * before; it is told what goes into --members, and returns further arguments for all servers. `zookeeper`: they speak
   * ZooKeeper's protocol, too. `checkout`: whose servers they are, instead of this one's.
   */
  static async start(
    size: number,
    extraArguments: readonly string[] = [],
    prepare?: (members: string, server: LocalServer) => Promise<readonly string[]>,
    zookeeper = false,
    checkout?: string,
  ): Promise<LocalCluster> {
    const home = await mkdtemp(join(tmpdir(), "terrarium-"));
    const ports = await freePorts(size * 4);
    // Of another checkout nobody knows whether it takes the third address.
    const third = zookeeper && checkout === undefined;
    const servers = Array.from({ length: size }, (_, i) => newServer(home, i + 1, ports.slice(4 * i), false, third));
    const bin = checkout === undefined ? ownBin : join(checkout, "bin");
    const cluster = new LocalCluster(home, servers, extraArguments, zookeeper, bin);
    begins(cluster.#begun);
    if (prepare !== undefined)
      for (const server of servers) cluster.#extraArguments = await prepare(cluster.#members, server);
    for (const server of servers) cluster.startServer(server.id);
    await cluster.leader();
    return cluster;
  }

  /** Starts one more server, with the next id, that waits to be added; resolves once it answers. */
  async join(): Promise<LocalServer> {
    const id = Math.max(...this.servers.map((server) => server.id)) + 1;
    const server = newServer(this.#home, id, await freePorts(4), true);
    this.servers.push(server);
    this.startServer(id);
    for (const deadline = Date.now() + 60_000; (await this.status(id)) === undefined; await sleep(20))
      if (Date.now() > deadline) throw new Error(`server ${id} does not answer: ${server.output.slice(-500)}`);
    return server;
  }

  /** Stops a server and starts it at other addresses. */
  async move(id: number): Promise<LocalServer> {
    await this.signal(id, "SIGTERM");
    const server = this.server(id);
    const [client = 0, peer = 0] = await freePorts(2);
    server.endpoint = `127.0.0.1:${client}`;
    server.peerAddress = `127.0.0.1:${peer}`;
    this.startServer(id);
    for (const deadline = Date.now() + 60_000; (await this.status(id)) === undefined; await sleep(20))
      if (Date.now() > deadline) throw new Error(`server ${id} does not answer: ${server.output.slice(-500)}`);
    return server;
  }

  get endpoints(): string[] {
    return this.servers.map((server) => server.endpoint);
  }

  get #members(): string {
    return this.servers.map(({ first }) => first).join(",");
  }

  server(id: number): LocalServer {
    return present(
      this.servers.find((server) => server.id === id),
      `server ${id}`,
    );
  }

  /** Starts a server that does not run. */
  startServer(id: number): void {
    const server = this.server(id);
    const { flags } = JSON.parse(readFileSync(join(this.#bin, "node-flags.json"), "utf8")) as { flags: string[] };
    const child = spawn(
      process.execPath,
      [
        ...flags,
        join(this.#bin, "terrarium.js"),
        "serve",
        ...["--id", String(id), ...this.#place(server), "--data-dir", server.dataDirectory],
        ...(this.#zookeeper ? ["--zookeeper", server.zookeeperAddress] : []),
        ...["--http-address", server.httpAddress, ...this.#extraArguments],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    server.process = child;
    server.output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        server.output = (server.output + chunk.toString()).slice(-100_000);
      });
  }

  /** Sends a signal; after SIGKILL or SIGTERM waits for the process to be gone. */
  async signal(id: number, signal: NodeJS.Signals): Promise<void> {
    const child = this.server(id).process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    if (signal === "SIGKILL" || signal === "SIGTERM") {
      await gone;
      this.server(id).process = undefined;
    }
  }

  /** The id of the leader that a majority of the running servers agrees on; waits for one. */
  async leader(timeoutMs = 60_000): Promise<number> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const leader = await this.#agreedLeader();
      if (leader !== undefined) return leader;
      if (Date.now() > deadline) throw new Error(`no leader within ${timeoutMs} ms: ${this.#lastWords()}`);
      await sleep(20);
    }
  }

  /** Status of a server; undefined if it does not answer. */
  async status(id: number): Promise<Status | undefined> {
    try {
      return await serverStatus(this.server(id).endpoint, { timeoutMs: 1000 });
    } catch {
      return undefined;
    }
  }

  /** Waits until all servers run and follow the leader closely. */
  async caughtUp(): Promise<void> {
    for (;;) {
      const status = await this.status(await this.leader());
      if (status?.members.every((member) => member.active === true && (member.lag ?? 1) === 0)) return;
      await sleep(50);
    }
  }

  /** Kills all servers and removes their data. */
  async destroy(): Promise<void> {
    await Promise.all(this.servers.map((server) => this.signal(server.id, "SIGKILL")));
    await rm(this.#home, { recursive: true, force: true });
    ended(this.#begun);
  }

  #place(server: LocalServer): string[] {
    const addresses = ["--peer-address", server.peerAddress, "--client-address", server.endpoint];
    if (!server.joins) {
      const members = this.servers.filter(({ joins }) => !joins).map(({ first }) => first);
      return ["--members", members.join(","), ...addresses];
    }
    const others = this.servers.filter(({ id }) => id !== server.id).map(({ endpoint }) => endpoint);
    return ["--join", others.join(","), ...addresses];
  }

  async #agreedLeader(): Promise<number | undefined> {
    const running = this.servers.filter((server) => server.process !== undefined);
    const statuses = await Promise.all(running.map((server) => this.status(server.id)));
    const votes = new Map<string, number>();
    for (const status of statuses) {
      if (status?.leader == null) continue;
      const key = `${status.leader}/${status.term}`;
      votes.set(key, (votes.get(key) ?? 0) + 1);
    }
    for (const [key, count] of votes) {
      const leader = Number(key.split("/")[0]);
      const view = statuses.find((status) => status?.id === leader && status.role === "leader");
      const voters = view?.members.filter(({ voter }) => voter) ?? [];
      if (view !== undefined && count > voters.length / 2) return leader;
    }
    return undefined;
  }

  #lastWords(): string {
    return this.servers.map((server) => `server ${server.id}: ${server.output.slice(-500)}`).join("\n");
  }
}

/** `third`: the membership knows where it speaks ZooKeeper's protocol. */
function newServer(home: string, id: number, ports: readonly number[], joins: boolean, third = false): LocalServer {
  const address = (n: number) => `127.0.0.1:${present(ports[n], "a port")}`;
  return {
    id,
    endpoint: address(0),
    peerAddress: address(1),
    first: `${id}=${address(1)}/${address(0)}${third ? `/${address(3)}` : ""}`,
    httpAddress: address(2),
    zookeeperAddress: address(3),
    dataDirectory: join(home, `server-${id}`),
    joins,
    process: undefined,
    output: "",
  };
}
