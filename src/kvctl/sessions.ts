/** The one session of a run of kvctl: opened when first needed, opened again after it expired. */
import { TerrariumError } from "../base/errors.ts";
import type { Auth } from "../client/index.ts";
import { hasCode } from "./failures.ts";
import type { Cluster, KvSession } from "./ports.ts";
import { explainNoQuorum } from "./survey.ts";

/** How long closing may take: the server removes ephemerals by itself once the session expires. */
const closePatienceMs = 2_000;

export interface Sessions {
  /** The live session. */
  current(): Promise<KvSession>;
  /** Shows who the user is, in the live session and in all that come after it. */
  show(auth: Auth): Promise<void>;
  /** The session, if there is one just now. */
  open(): KvSession | undefined;
  /** Ends it, cleanly if that does not take long. */
  close(): Promise<void>;
}

/** `onOpen` is told of each session; `signal` gives up opening one; each shows the user to be who `auth` says. */
export function sessionsOf(
  cluster: Cluster,
  timeoutMs: number,
  signal: AbortSignal,
  onOpen: (session: KvSession) => void = () => undefined,
  auth: readonly Auth[] = [],
): Sessions {
  let shown = auth;
  let opening: Promise<KvSession> | undefined;
  let live: KvSession | undefined;
  let closed = false;

  async function opened(): Promise<KvSession> {
    try {
      return await cluster.open(timeoutMs, signal, shown);
    } catch (error) {
      if (!hasCode(error, "NO_QUORUM")) throw error;
      throw await explainNoQuorum(cluster, timeoutMs, error);
    }
  }

  async function openOne(): Promise<KvSession> {
    const session = await opened();
    live = session;
    session.on("state", (state) => {
      if (live !== session || (state !== "expired" && state !== "closed")) return;
      live = undefined;
      opening = undefined;
    });
    onOpen(session);
    if (closed) await session.close({ timeoutMs: closePatienceMs });
    return session;
  }

  function current(): Promise<KvSession> {
    if (closed) return Promise.reject(new TerrariumError("SESSION_CLOSED"));
    opening ??= openOne();
    // A failure is for whoever asks now; the next one tries anew.
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  }

  return {
    current,
    async show(one) {
      await (await current()).addAuth(one.scheme, one.auth);
      shown = [...shown, one];
    },
    open: () => live,
    async close() {
      closed = true;
      await live?.close({ timeoutMs: closePatienceMs });
    },
  };
}
