/** `kvctl quota`: how much there may be at and below a znode. */
import { TerrariumError } from "../../base/errors.ts";
import { isOverSoftLimit, type QuotaLimits } from "../../base/quotas.ts";
import { getQuota, listQuotas, type Quota, removeQuota, setQuota } from "../../client/quotas.ts";
import { checkPath } from "../arguments.ts";
import { usage } from "../failures.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, firstWords, type Register } from "./command.ts";

interface Flags {
  readonly count?: string;
  readonly bytes?: string;
  readonly hardCount?: string;
  readonly hardBytes?: string;
}

const forms: Readonly<Record<string, string>> = {
  list: "quota list",
  get: "quota get <path>",
  set: "quota set <path> with --count, --bytes, --hard-count or --hard-bytes",
  rm: "quota rm <path>",
};

/** Does what the words after `quota` ask for. */
export async function quota(context: Context, words: readonly string[], flags: Flags): Promise<void> {
  const [verb = "list", path, ...more] = words;
  const form = forms[verb];
  if (form === undefined)
    throw usage(`quota: '${verb}' is not one of ${Object.keys(forms).join(", ")}`, "see `quota --help`");
  if (more.length > 0 || (path === undefined) !== (verb === "list"))
    throw usage(`quota ${verb}: ${path === undefined ? "the path is missing" : "there is too much"}`, `write ${form}`);
  const limits = limitsOf(flags);
  if (Object.keys(limits).length > 0 !== (verb === "set"))
    throw usage(
      `quota ${verb}: ${verb === "set" ? "no limit is given" : "limits belong to `quota set`"}`,
      `write ${form}`,
    );
  if (path === undefined) return list(context);
  checkPath(path);
  if (verb === "get") return get(context, path);
  const session = await context.session();
  if (verb === "set") {
    await setQuota(session, path, limits);
    return get(context, path);
  }
  if (!(await removeQuota(session, path))) throw none(path);
  result(context.out, `removed the quota of ${path}`, { removed: path });
}

async function get(context: Context, path: string): Promise<void> {
  const found = await getQuota(await context.session(), path);
  if (found === undefined) throw none(path);
  if (context.out.json) result(context.out, "", { ...found });
  else context.out.write(`${table([header, row(found)])}\n`);
}

async function list(context: Context): Promise<void> {
  const found = await listQuotas(await context.session());
  if (context.out.json) for (const one of found) result(context.out, "", { ...one });
  else context.out.write(found.length === 0 ? "no quotas\n" : `${table([header, ...found.map(row)])}\n`);
}

const header = ["PATH", "ZNODES", "SOFT", "HARD", "BYTES", "SOFT", "HARD", "STATE"];

function row(one: Quota): string[] {
  const { path, limits, count, bytes } = one;
  const shown = (limit: number | undefined): string => (limit === undefined ? "-" : String(limit));
  return [
    path,
    ...[String(count), shown(limits.count), shown(limits.hardCount)],
    ...[String(bytes), shown(limits.bytes), shown(limits.hardBytes)],
    stateOf(one),
  ];
}

function stateOf(one: Quota): string {
  const { hardCount = Number.POSITIVE_INFINITY, hardBytes = Number.POSITIVE_INFINITY } = one.limits;
  if (one.count >= hardCount || one.bytes >= hardBytes) return "full";
  return isOverSoftLimit(one) ? "over" : "ok";
}

function none(path: string): Error {
  return new TerrariumError("NO_NODE", `the znode ${path} has no quota`, "see `kvctl quota list`");
}

function limitsOf({ count, bytes, hardCount, hardBytes }: Flags): QuotaLimits {
  return {
    ...(count === undefined ? {} : { count: parseLimit("--count", count) }),
    ...(bytes === undefined ? {} : { bytes: parseLimit("--bytes", bytes) }),
    ...(hardCount === undefined ? {} : { hardCount: parseLimit("--hard-count", hardCount) }),
    ...(hardBytes === undefined ? {} : { hardBytes: parseLimit("--hard-bytes", hardBytes) }),
  };
}

function parseLimit(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usage(`${flag}: '${text}' is no limit`, "write a whole number, 0 at least");
}

export const registerQuota: Register = (program, host) => {
  const command = declare(program, host, "quota", {
    summary: "show or set how much there may be below a znode",
    description: [
      `A quota counts a znode and all below it, and the bytes of their data:
  list                   all quotas, and what is there
  get <path>             that of one znode
  set <path> <limits>    set it, in place of the one that it has
  rm <path>              take it away`,
      `Beyond a soft limit the servers warn, in their logs and metrics. Beyond a hard one creates
and new data are refused with QUOTA_EXCEEDED; deletes go on. A quota may be set on what is
there already, and on a znode that is still to come. The root has none.`,
    ],
    examples: [
      "kvctl quota",
      "kvctl quota set /jobs --hard-count 10000 --bytes 5000000",
      "kvctl quota get /jobs",
      "kvctl quota rm /jobs",
    ],
  })
    .argument("[words...]", "list, get, set or rm, and the path")
    .option("--count <n>", "with set: warn beyond so many znodes")
    .option("--bytes <n>", "with set: warn beyond so many bytes of data")
    .option("--hard-count <n>", "with set: refuse more znodes than so many")
    .option("--hard-bytes <n>", "with set: refuse more bytes of data than so many")
    .action((words: string[], flags: Flags) =>
      host.run(commonOptions(command), (context) => quota(context, words, flags)),
    );
  firstWords.set(command, Object.keys(forms));
  addCommonOptions(command, host.inShell);
};
