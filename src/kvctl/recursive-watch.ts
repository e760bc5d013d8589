/** `kvctl watch -R`: whatever happens to a znode and to all below it. */
import type { WatchEvent } from "../client/index.ts";
import { dataFields, dataText } from "./data.ts";
import { hasCode } from "./failures.ts";
import { result } from "./format.ts";
import type { Context, KvSession } from "./ports.ts";
import { patiently, untilEnd } from "./waiting.ts";

export interface RecursiveWatchArguments {
  readonly path: string;
  /** Whether to print the data that a znode was created with or set to. */
  readonly data: boolean;
}

/** Prints each event until interrupted. */
export async function watchBelow(context: Context, { path, data }: RecursiveWatchArguments): Promise<void> {
  // The first arming belongs to the command: a wrong path or a missing quorum must fail it.
  const first = await arm(context, path, data);
  context.out.note(`kvctl: watching ${path} and all below it${context.inShell ? "" : " (Ctrl-C ends it)"}`);
  const follow = async (signal: AbortSignal): Promise<never> => {
    for (let armed = first; ; ) {
      try {
        await untilEnd(armed.session, signal);
      } catch (error) {
        armed.end();
        if (!hasCode(error, "SESSION_EXPIRED")) throw error;
      }
      armed = await patiently(context, `the watch of ${path} waits`, () => arm(context, path, data), signal);
      // What happened between the sessions nobody knows.
      show(context, { type: "resync", path }, undefined);
    }
  };
  await context.follow(`watch ${path}`, follow, true);
}

interface Armed {
  readonly session: KvSession;
  /** Gives the watch up. */
  readonly end: () => void;
}

async function arm(context: Context, path: string, data: boolean): Promise<Armed> {
  const session = await context.session();
  const ended = new AbortController();
  // One after the other: reads of data must not overtake the events before them.
  let told: Promise<void> = Promise.resolve();
  const tell = (event: WatchEvent): void => {
    const value = data && holdsData(event) ? read(session, event.path) : undefined;
    told = told.then(async () => show(context, event, await value));
  };
  await session.addWatch(path, tell, { recursive: true, signal: ended.signal });
  return { session, end: () => ended.abort() };
}

function holdsData({ type }: WatchEvent): boolean {
  return type === "created" || type === "dataChanged";
}

/** The data as they are by now, which may be newer than the event; undefined if the znode is gone. */
async function read(session: KvSession, path: string): Promise<Uint8Array | undefined> {
  try {
    return (await session.get(path, { local: true })).data;
  } catch {
    return undefined;
  }
}

type Told = Pick<WatchEvent, "type" | "path"> & { readonly zxid?: number };

function show({ out }: Context, { type, path, zxid }: Told, data: Uint8Array | undefined): void {
  const where = zxid === undefined ? "" : `  zxid ${zxid}`;
  const value = data === undefined ? "" : `  ${dataText(data)}`;
  const event = {
    type,
    path,
    ...(zxid === undefined ? {} : { zxid }),
    ...(data === undefined ? {} : dataFields(data)),
  };
  result(out, `${type}  ${path}${where}${value}`, { event });
}
