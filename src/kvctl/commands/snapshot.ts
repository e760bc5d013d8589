/** `kvctl snapshot`: backups of the whole tree. */
import { TerrariumError } from "../../base/errors.ts";
import { countOf } from "../../base/printable.ts";
import type { BackupFile } from "../../client/index.ts";
import { hasCode, usage } from "../failures.ts";
import { isoTime, result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, type CommonOptions, declare, type Register } from "./command.ts";

/** A server writes a checkpoint before the first byte comes: it may be silent for longer than an answer takes. */
const silenceMinMs = 30_000;

/** Saves a backup from the first server that answers. */
export async function saveSnapshot(context: Context, file: string): Promise<void> {
  checkFile(file);
  const { cluster, out, signal } = context;
  const silenceMs = Math.max(context.timeoutMs, silenceMinMs);
  const failures: TerrariumError[] = [];
  for (const endpoint of cluster.endpoints) {
    try {
      // Not all that listens answers: find out before waiting for long.
      await cluster.status(endpoint, context.timeoutMs);
      const saved = await cluster.backups.save(endpoint, file, silenceMs, signal);
      const text = `saved ${file}: ${countOf(saved.znodes, "znode")}, ${countOf(saved.sessions, "session")}, up to zxid ${saved.index}, from ${endpoint}`;
      return result(out, text, { file, endpoint, ...saved });
    } catch (error) {
      const silent = hasCode(error, "NO_SERVER") || hasCode(error, "PROTOCOL_ERROR");
      if (!(error instanceof TerrariumError) || !silent) throw error;
      failures.push(error);
    }
  }
  const code = failures.every((failure) => failure.code === "PROTOCOL_ERROR") ? "PROTOCOL_ERROR" : "NO_SERVER";
  throw new TerrariumError(code, `no server gives a backup: ${failures.map(({ message }) => message).join("; ")}`);
}

/** A backup has its name only once it is whole: that is not to be had of a pipe. */
function checkFile(file: string): void {
  if (file !== "-") return;
  throw usage("a backup is in a file, not in standard input or output", "give a file name; ./- for a file named -");
}

/** Reads a backup to its end and says what is in it. */
export async function inspectSnapshot(context: Context, file: string): Promise<void> {
  checkFile(file);
  const found = await context.cluster.backups.inspect(file);
  result(context.out, describe(found), { file, ...found });
}

function describe({ clusterId, serverId, takenMs, index, term, timeMs, znodes, sessions, bytes }: BackupFile): string {
  return table([
    ["cluster", clusterId],
    ["server", String(serverId)],
    ["taken", isoTime(takenMs)],
    ["zxid", String(index)],
    ["term", String(term)],
    ["last write", isoTime(timeMs)],
    ["znodes", String(znodes)],
    ["sessions", String(sessions)],
    ["bytes", String(bytes)],
    ["state", "whole"],
  ]);
}

export const registerSnapshot: Register = (program, host) => {
  const group = program
    .command("snapshot")
    .summary("save and inspect backups")
    .description("Saves the whole tree to a file while the cluster goes on, and looks at such files.");
  const options = (own: CommonOptions): CommonOptions => ({ ...program.opts<CommonOptions>(), ...own });
  const save = declare(group, host, "save <file>", {
    summary: "save a backup",
    description: [
      `Writes all that the first server that answers has applied to a new file: znodes, sessions and their ephemerals, as
they are at one zxid. Each part has a checksum. The file has its name only once it is whole and on the disk; nothing
that has the name already, or gets it meanwhile, is touched. It is readable by you alone: passwords of sessions are in it.`,
      "Restore it with `terrarium restore`, into a new cluster.",
    ],
    examples: ["kvctl snapshot save monday.backup", "kvctl snapshot save /backup/t --endpoints 127.0.0.1:7103"],
  });
  save.action((file: string) =>
    host.run(options(save.opts<CommonOptions>()), (context) => saveSnapshot(context, file)),
  );
  addCommonOptions(save, host.inShell);
  const inspect = declare(group, host, "inspect <file>", {
    summary: "check a backup and say what is in it",
    description: [
      "Reads the file to its end, checks every checksum and prints where and when it was taken. Needs no server.",
    ],
    examples: ["kvctl snapshot inspect monday.backup", "kvctl snapshot inspect monday.backup --json"],
  });
  inspect.action((file: string) =>
    host.run(options(inspect.opts<CommonOptions>()), (context) => inspectSnapshot(context, file)),
  );
  addCommonOptions(inspect, host.inShell);
};
