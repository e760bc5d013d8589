/** What the page asks its server, beside the stream. */

/** Why a request was not answered: the server's own sentence and what to do, or that there is no server. */
export class AskError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** How long an answer may take, ms. */
const patienceMs = 10_000;

/**
 * The JSON that the server answers to GET `path?query`.
 *
 * @throws AskError
 */
export async function ask<T>(path: string, query: Readonly<Record<string, string>>): Promise<T> {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value !== "") url.searchParams.set(name, value);
  let response: Response;
  try {
    response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(patienceMs) });
  } catch {
    throw new AskError("NO_SERVER", "The server does not answer.");
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  const { code, message, hint } = errorOf(body) ?? {
    code: "UNKNOWN",
    message: `the server answers ${response.status}`,
    hint: "",
  };
  throw new AskError(code, `${message.charAt(0).toUpperCase()}${message.slice(1)}${hint === "" ? "." : `: ${hint}.`}`);
}

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function errorOf(body: unknown): Fault | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  const isFault =
    typeof error === "object" && error !== null && "code" in error && "message" in error && "hint" in error;
  return isFault ? { code: String(error.code), message: String(error.message), hint: String(error.hint) } : undefined;
}
