/** Events of watches, as ZooKeeper's clients are told of them. */
import type { WatchEvent, WatchKind } from "../base/reads.ts";
import { watchKinds } from "../base/watch-rules.ts";
import type { ToldEvent } from "../protocol/client-messages.ts";
import type { JuteWriter } from "./jute.ts";
import { replyHeader, watcherEvent } from "./records.ts";

const notificationXid = -1;
const syncConnected = 3;

/** Tells the events of one connection. */
export class Events {
  /** The newest event, and the place of its watch among the kinds: one change is told once, however many watches it fires. */
  #told: { readonly number: number; readonly path: string; readonly zxid: number; readonly place: number } | undefined;

  /**
   * What is to be written for an event; undefined: it was told, or is kept from its client, as by ZooKeeper since 3.8.4 (in
   * Debian's 3.8.0, too): the watch has fired all the same, though nobody hears of it.
   */
  tell({ type, path, zxid, kind, unreadable }: ToldEvent): ((writer: JuteWriter) => void) | undefined {
    if (unreadable) return undefined;
    const number = numberOf(type, kind);
    const told = this.#told;
    const place = watchKinds.indexOf(kind);
    this.#told = { number, path, zxid, place };
    // By number: of one znode both kinds of watches may want a resync, and each stands for another event here. A change
    // fires watches kind by kind: what comes again from the same kind is another change of the same multi.
    const another = type !== "resync" && place <= (told?.place ?? 0);
    if (!another && told?.number === number && told.path === path && told.zxid === zxid) return undefined;
    return (writer) => {
      replyHeader.write(writer, { xid: notificationXid, zxid: -1, err: 0 });
      watcherEvent.write(writer, { type: number, state: syncConnected, path });
    };
  }
}

/** ZooKeeper's number of an event. Where it is not known what happened, one that has its client read again. */
function numberOf(type: WatchEvent["type"], kind: WatchKind): number {
  switch (type) {
    case "created":
      return 1;
    case "deleted":
      return 2;
    case "dataChanged":
      return 3;
    case "childrenChanged":
      return 4;
    case "resync":
      return { data: 3, exist: 1, children: 4, persistent: 3, recursive: 3 }[kind];
  }
}
