/** Clients that write while servers die, and the check that what they were told is true. */
import { expect } from "vitest";
import { present } from "../../src/base/assert.ts";
import { TerrariumClient } from "../../src/client/index.ts";

/** One client: counts in a znode of its own with conditional writes, and files a record of each step. */
interface Writer {
  readonly client: TerrariumClient;
  readonly root: string;
  steps: number;
  records: string[];
  done: Promise<void>;
}

/** A load whose every acknowledged write can be accounted for afterwards. */
export class AccountedLoad {
  readonly #writers: Writer[] = [];
  #stop = false;

  /** Starts `clients` sessions that write as fast as they are answered. */
  static async start(endpoints: readonly string[], clients: number): Promise<AccountedLoad> {
    const load = new AccountedLoad();
    for (let i = 0; i < clients; i++) {
      const client = await TerrariumClient.connect({ endpoints, requestTimeoutMs: 120_000, sessionTimeoutMs: 30_000 });
      const { path: root } = await client.create("/load-", "0", { sequential: true });
      const writer: Writer = { client, root, steps: 0, records: [], done: Promise.resolve() };
      writer.done = load.#write(writer);
      load.#writers.push(writer);
    }
    return load;
  }

  /** Steps acknowledged so far, of all clients. */
  get steps(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.steps, 0);
  }

  /** Steps of the client that has the fewest. */
  get slowest(): number {
    return Math.min(...this.#writers.map((writer) => writer.steps));
  }

  /** Waits until every client has made `steps` more steps. */
  async progress(steps: number): Promise<void> {
    const goals = this.#writers.map((writer) => writer.steps + steps);
    while (this.#writers.some((writer, i) => writer.steps < present(goals[i], "a goal")))
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 10)), ...this.#failures()]);
  }

  /** Ends the load without closing the sessions; every client's last step is answered. */
  async stop(): Promise<void> {
    this.#stop = true;
    await Promise.all(this.#writers.map((writer) => writer.done));
  }

  /** Every acknowledged step had its effect exactly once. */
  async verify(reader: TerrariumClient): Promise<void> {
    for (const writer of this.#writers) {
      // The version counts the effects: one too few is a lost write, one too many a write applied twice.
      const { data, stat } = await reader.get(writer.root);
      expect(stat.version).toBe(writer.steps);
      expect(Buffer.from(data).toString()).toBe(String(writer.steps));
      const { children } = await reader.children(writer.root);
      expect(children).toEqual([...writer.records].sort());
      expect(new Set(children).size).toBe(writer.steps);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.client.close()));
  }

  async #write(writer: Writer): Promise<void> {
    while (!this.#stop) {
      const next = writer.steps + 1;
      const [created] = await Promise.all([
        writer.client.create(`${writer.root}/r-`, String(next), { sequential: true }),
        writer.client.set(writer.root, String(next), { version: writer.steps }),
      ]);
      writer.records.push(created.path.slice(writer.root.length + 1));
      writer.steps = next;
    }
  }

  #failures(): Promise<void>[] {
    // `done` only ends early by a failure.
    return this.#writers.map((writer) =>
      writer.done.then(() => {
        if (!this.#stop) throw new Error("a writer ended by itself");
      }),
    );
  }
}
