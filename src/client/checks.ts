/**
 * Checks of what callers pass. They may come without types: what the types forbid has to be refused here, before it
 * reaches the session, where it would do harm. All throw BAD_ARGUMENTS with the argument's name, what was given and what is
 * wanted, but for times and endpoints, which are USAGE.
 */
import { type Acl, type Credential, itemProblem, itemText, permissionLetters } from "../base/acl.ts";
import { shortLivedCopy, utf8, utf8Length } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { pathAdvice, pathProblem, quotePath } from "../base/paths.ts";
import type { OneShotKind } from "../base/reads.ts";
import { ttlProblem } from "../base/znode-kinds.ts";
import type { SessionCredentials } from "./session.ts";
import { closest } from "./spelling.ts";

/** A value for a message: short, and such that its type shows. */
export function shown(value: unknown): string {
  if (value === undefined || value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quotePath(value);
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${value}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  return `an object of type ${Object.prototype.toString.call(value).slice("[object ".length, -1)}`;
}

/** The error for the argument `name` that is `value`. `wanted`: what it should be, behind "not". */
export function badArgument(name: string, value: unknown, wanted: string, hint?: string): TerrariumError {
  return new TerrariumError("BAD_ARGUMENTS", `${name} is ${shown(value)}, not ${wanted}`, hint ?? `give ${wanted}`);
}

/** Whether `value` has named parts. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object of options, which may be left out, as may each of those that are known. Others are refused. */
export function checkOptions<T extends object>(
  options: T | undefined,
  known: readonly (keyof T & string)[],
): Partial<T> {
  if (options === undefined) return {};
  if (!isObject(options)) throw badArgument("options", options, "an object");
  // One that is misspelt would be without effect, and that without a word.
  // In a plain loop: this is done for each request.
  for (const name in options)
    if (!isAmong(name, known) && Object.hasOwn(options, name) && options[name] !== undefined)
      throw unknownOption(name, known);
  return options;
}

function isAmong(name: string, known: readonly string[]): boolean {
  return known.includes(name);
}

function unknownOption(name: string, known: readonly string[]): TerrariumError {
  const meant = closest(name, known);
  const suggestion = meant === undefined ? "" : `did you mean ${meant}? `;
  const hint = `${suggestion}there are ${known.join(", ")}`;
  return new TerrariumError("BAD_ARGUMENTS", `there is no option ${shown(name)} here`, hint);
}

/** A path. That of a sequential create may end in a slash, since a number follows. */
export function checkPath(path: unknown, sequential = false): string {
  if (typeof path !== "string") throw badArgument("path", path, 'a string that starts with "/"');
  const problem = pathProblem(sequential ? `${path}0000000000` : path);
  if (problem === undefined) return path;
  throw new TerrariumError("BAD_ARGUMENTS", `the path ${quotePath(path)} is refused: ${problem}`, pathAdvice(path));
}

/** Data, as bytes that the caller cannot change any more: they may be sent again long after the call. */
export function checkData(data: unknown): Uint8Array {
  if (typeof data === "string") {
    if (!/\p{Surrogate}/u.test(data)) return utf8(data);
    const hint = "give the bytes as a Uint8Array";
    throw new TerrariumError("BAD_ARGUMENTS", "data has half of a surrogate pair, which UTF-8 cannot express", hint);
  }
  if (!isBytes(data)) throw badArgument("data", data, "a string or a Uint8Array");
  // Not worth a copy: it is refused.
  return data.length > limits.dataBytesMax ? data : shortLivedCopy(data);
}

/** By its tag: a `Uint8Array` of another realm is one too. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** An expected version, 32 bits with a sign: they overflow into the negative numbers. -1, the default, for any. */
export function checkVersion(version: unknown): number {
  if (version === undefined) return -1;
  if (typeof version === "number" && (version | 0) === version) return version;
  throw badArgument("version", version, "-1 (any) or another integer from -2147483648 to 2147483647");
}

/** A time to live, ms. */
export function checkTtl(ttlMs: unknown): number {
  const problem = typeof ttlMs === "number" ? ttlProblem(ttlMs) : "";
  if (typeof ttlMs === "number" && problem === undefined) return ttlMs;
  const { ttlMinMs, ttlMaxMs } = limits;
  throw badArgument("ttlMs", ttlMs, `an integer from ${ttlMinMs} to ${ttlMaxMs}`);
}

/** Names of a page at most; left out, as many as a server gives. */
export function checkLimit(limit: unknown): number {
  if (limit === undefined) return limits.childrenPageMax;
  if (typeof limit === "number" && Number.isInteger(limit) && limit >= 1)
    return Math.min(limit, limits.childrenPageMax);
  throw badArgument("limit", limit, "an integer from 1 on");
}

/** The name of a child, or nothing. */
export function checkName(name: unknown): string {
  if (name === undefined) return "";
  if (typeof name === "string" && !/[\p{Surrogate}/]/u.test(name) && utf8Length(name) <= limits.pathBytesMax)
    return name;
  throw badArgument("after", name, "the name of a child");
}

/** An access control list, as items that the caller cannot change any more. */
export function checkAcl(acl: unknown): Acl {
  const hint = `give items { perms, scheme, id }, or parseAcl("world:anyone:r"), whose letters are among ${permissionLetters}`;
  if (!Array.isArray(acl)) throw badArgument("acl", acl, "a list of items { perms, scheme, id }", hint);
  if (acl.length === 0)
    throw new TerrariumError("INVALID_ACL", "the access control list is empty: nobody could do anything");
  return acl.map((item: unknown, i) => {
    const { perms, scheme, id } = isObject(item) ? item : {};
    if (typeof perms !== "number" || (perms | 0) !== perms || typeof scheme !== "string" || typeof id !== "string")
      throw badArgument(`acl[${i}]`, item, "an item { perms, scheme, id }", hint);
    const checked = { perms, scheme, id };
    const problem = itemProblem(checked);
    if (problem === undefined) return checked;
    throw new TerrariumError("INVALID_ACL", `${JSON.stringify(itemText(checked))} is no item of a list: ${problem}`);
  });
}

/** A credential, as bytes that the caller cannot change any more. */
export function checkAuth(scheme: unknown, auth: unknown): Credential {
  if (typeof scheme !== "string") throw badArgument("scheme", scheme, '"digest"');
  if (scheme !== "digest")
    throw new TerrariumError("BAD_ARGUMENTS", `there are no credentials of the scheme ${shown(scheme)}`, "show digest");
  if (typeof auth !== "string" && !isBytes(auth)) throw badArgument("auth", typeof auth, "user:password", authHint);
  const bytes = typeof auth === "string" ? utf8(auth) : new Uint8Array(auth);
  if (bytes.length > limits.credentialBytesMax)
    throw new TerrariumError(
      "BAD_ARGUMENTS",
      `the credential has more than ${limits.credentialBytesMax} bytes`,
      authHint,
    );
  if (bytes.includes(colon)) return { scheme, auth: bytes };
  throw new TerrariumError("BAD_ARGUMENTS", "the credential is not user:password: it has no colon", authHint);
}

const colon = 0x3a;
const authHint = "give user:password, as a string or a Uint8Array";

/** Credentials, which may be left out. */
export function checkAuths(auth: unknown): readonly Credential[] {
  if (auth === undefined) return [];
  if (!Array.isArray(auth)) throw badArgument("auth", auth, "a list of { scheme, auth }");
  if (auth.length >= limits.identitiesMax)
    throw new TerrariumError("BAD_ARGUMENTS", `a client shows fewer than ${limits.identitiesMax} credentials`);
  return auth.map((one: unknown) => {
    const { scheme, auth: shownBytes } = isObject(one) ? one : {};
    return checkAuth(scheme, shownBytes);
  });
}

/** A switch; left out it is off. */
export function checkFlag(name: string, flag: unknown): boolean {
  if (flag === undefined) return false;
  if (typeof flag === "boolean") return flag;
  throw badArgument(name, flag, "true or false");
}

/** Something to call, which may be left out. */
export function checkCallback<F>(name: string, callback: F | undefined): F | undefined {
  if (callback === undefined || typeof callback === "function") return callback;
  throw badArgument(name, callback, "a function");
}

/** A signal, which may be left out. Whoever has its methods will do: programs bring their own. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  const known: unknown = signal;
  const methods = ["addEventListener", "removeEventListener"];
  const fits = isObject(known) && "aborted" in known && methods.every((name) => typeof known[name] === "function");
  if (fits) return signal;
  throw badArgument("signal", signal, "an AbortSignal");
}

/** What a watch is on. */
export function checkWatchKind(kind: unknown): OneShotKind {
  if (kind === "data" || kind === "exist" || kind === "children") return kind;
  throw badArgument("kind", kind, '"data", "exist" or "children"');
}

/** A session to be resumed, which may be left out. */
export function checkCredentials(session: unknown): SessionCredentials | undefined {
  if (session === undefined) return undefined;
  if (!isObject(session)) throw badArgument("session", session, "an object", credentialsHint);
  const { sessionId, password, lastZxid = 0, instance = 0 } = session;
  if (!isCount(sessionId) || sessionId === 0)
    throw badArgument("session.sessionId", sessionId, "a positive integer", credentialsHint);
  if (!isBytes(password) || password.length > limits.passwordBytesMax)
    throw badArgument(
      "session.password",
      password,
      `a Uint8Array of at most ${limits.passwordBytesMax} bytes`,
      credentialsHint,
    );
  if (!isCount(lastZxid)) throw badArgument("session.lastZxid", lastZxid, "a non-negative integer", credentialsHint);
  if (!isCount(instance)) throw badArgument("session.instance", instance, "a non-negative integer", credentialsHint);
  return { sessionId, password: new Uint8Array(password), lastZxid, instance };
}

const credentialsHint = "give what `client.session` was in the process that had the session";

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
