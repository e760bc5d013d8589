/** `kvctl acl`: who may do what with a znode. */
import { type AclItem, allPermissions, itemText, permissionsText } from "../../base/acl.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import { limits } from "../../base/limits.ts";
import { parseItems } from "../access.ts";
import { checkPath, parseVersion } from "../arguments.ts";
import { usage } from "../failures.ts";
import { result } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, firstWords, type Register } from "./command.ts";

interface Flags {
  readonly version: number;
}

const forms: Readonly<Record<string, string>> = {
  get: "acl get <path>",
  set: "acl set <path> <item>…",
  digest: "acl digest <user:password>, or - to read it from standard input",
};

/** Does what the words after `acl` ask for. */
export async function acl(context: Context, words: readonly string[], { version }: Flags): Promise<void> {
  const [verb = "", first, ...rest] = words;
  const form = forms[verb];
  if (form === undefined)
    throw usage(`acl: '${verb}' is not one of ${Object.keys(forms).join(", ")}`, "see `acl --help`");
  if (first === undefined || (verb === "set" ? rest.length === 0 : rest.length > 0))
    throw usage(
      `acl ${verb}: ${first === undefined || rest.length === 0 ? "something is missing" : `'${rest[0]}' is too much`}`,
      `write ${form}`,
    );
  if (verb === "get") return get(context, first);
  if (verb === "set") return set(context, first, rest, version);
  return digest(context, first);
}

/** Prints the list, an item a line. */
async function get(context: Context, path: string): Promise<void> {
  checkPath(path);
  const session = await context.session();
  const { acl: items, stat } = await session.getAcl(path);
  result(context.out, items.map(shown).join("\n"), { path, acl: items, stat });
}

function shown(item: AclItem): string {
  // What has no letter is kept, and shown as the number that it is.
  const known = (item.perms & allPermissions) === item.perms && permissionsText(item.perms) !== "";
  return known ? itemText(item) : `${item.scheme}:${item.id}:${item.perms}`;
}

async function set(context: Context, path: string, texts: readonly string[], version: number): Promise<void> {
  checkPath(path);
  const items = parseItems(texts);
  const session = await context.session();
  const stat = await session.setAcl(path, items, { version });
  result(context.out, `version ${stat.aversion}`, { path, stat });
}

async function digest({ inputs, out }: Context, given: string): Promise<void> {
  const credential = given === "-" ? await readCredential(inputs) : given;
  if (!credential.includes(":"))
    throw usage("what is to be hashed is not user:password: it has no colon", `write ${forms["digest"]}`);
  const { digestId } = await import("../../client/acl.ts");
  const id = digestId(credential);
  result(out, id, { id });
}

async function readCredential(inputs: Context["inputs"]): Promise<string> {
  return fromUtf8(await inputs.readStdin(limits.credentialBytesMax + 1)).replace(/\r?\n$/, "");
}

export const registerAcl: Register = (program, host) => {
  const command = declare(program, host, "acl", {
    summary: "show or set who may do what with a znode",
    description: [
      `Shows or sets a znode's access control list, which is the znode's alone: what is below has its own.`,
      `  get <path>             print it, an item a line
  set <path> <item>…     replace it; prints its new version
  digest <user:password> print what stands for them in a list; - reads them`,
      `An item is scheme:id:permissions. Who is one of those that an item means may do what it permits: c to create
children, d to delete children, r to read data and names of children, w to set the data, a to set the list.`,
      `  world:anyone:r         everybody
  auth::cdrwa            whoever this client has shown to be, see --auth
  digest:USER:HASH:rw    who shows a password; see \`acl digest\`
  ip:10.0.0.0/8:r        clients at these addresses (IPv4)`,
      `Who has not a sees x instead of hashes.`,
    ],
    examples: [
      "kvctl acl get /config",
      "kvctl acl set /config world:anyone:r ip:127.0.0.1:cdrwa",
      "kvctl --auth digest:bob:secret acl set /mine auth::cdrwa",
      "kvctl acl set /config world:anyone:r --version 3   # only if it still is 3",
      "kvctl acl digest bob:secret",
    ],
  })
    .argument("<verb>", Object.keys(forms).join(", "))
    .argument("[words...]", "the znode, and the items of its new list")
    .option("--version <n>", "set: only if the list's version (aversion) is this; -1 for any", parseVersion, -1)
    .action((verb: string, words: string[], flags: Flags) =>
      host.run(commonOptions(command), (context) => acl(context, [verb, ...words], flags)),
    );
  firstWords.set(command, Object.keys(forms));
  addCommonOptions(command, host.inShell);
};
