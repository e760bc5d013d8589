/** What goes from one server to another, put in words and in one figure. Pure. */
import { messageKinds, type PeerMessageKind } from "../../src/base/message-kinds.ts";
import type { LinkGlimpse } from "../../src/http/observed.ts";
import type { FlowPicture } from "../picture/picture.ts";
import { rate } from "./words.ts";

/** Kinds by how much they tell. */
const telling: readonly PeerMessageKind[] = ["vote", "snapshot", "append", "read", "heartbeat", "other"];

const names: Readonly<Record<PeerMessageKind, string>> = {
  vote: "votes",
  append: "entries",
  heartbeat: "heartbeats and answers",
  read: "reads",
  snapshot: "snapshot",
  other: "others",
};

/** Undefined while nothing is known, or nothing is sent. */
export function flowOf({ perSecond }: LinkGlimpse): Pick<FlowPicture, "kind" | "perSecond" | "text"> | undefined {
  if (perSecond == null) return undefined;
  const known = messageKinds.flatMap((kind) => {
    const value = perSecond[kind];
    // Another version may say something else.
    return typeof value === "number" && value > 0 ? [{ kind, value }] : [];
  });
  const sum = known.reduce((all, { value }) => all + value, 0);
  const [first] = known.toSorted((a, b) => telling.indexOf(a.kind) - telling.indexOf(b.kind));
  if (first === undefined) return undefined;
  const parts = known.map(({ kind, value }) => `${names[kind]} ${rate(value)}`);
  return { kind: first.kind, perSecond: sum, text: `${rate(sum)} messages a second (${parts.join(", ")})` };
}
