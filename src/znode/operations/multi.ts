/** multi: several operations, all of them or none. */
import { limits } from "../../base/limits.ts";
import { bytesInPart } from "../../base/operation-traits.ts";
import type { MultiOperation, MultiPart } from "../../base/operations.ts";
import { rowBytesOf } from "../acl-table.ts";
import { type Refusal, refusal } from "../failures.ts";
import type { Decision, PartDecision, PartEdit, View } from "./decision.ts";
import { Overlay } from "./overlay.ts";

/**
 * Decides each part on what those before it would leave. The first that is refused is the answer, with its place; what
 * was decided before it goes with the overlay, and nothing of it can show. `decidePart`: the decision of one part alone.
 */
export function decideMulti(
  view: View,
  { parts }: MultiOperation,
  decidePart: (view: View, part: MultiPart) => PartDecision,
): Decision {
  const tooLarge = largerThanAllowed(parts);
  if (tooLarge !== undefined) return tooLarge;
  const overlay = new Overlay(view);
  const edits: PartEdit[] = [];
  let listBytes = 0;
  for (const [i, part] of parts.entries()) {
    const decision = decidePart(overlay, part);
    if (decision.failure !== undefined) return { failure: { ...decision.failure, failedPart: i } };
    // `auth` is a word, and stands for many: what is kept may be a thousand times what was sent.
    if (decision.type === "insert" || decision.type === "setAcl") listBytes += rowBytesOf(decision.acl);
    if (listBytes > limits.multiBytesMax)
      return refusal(
        "MULTI_TOO_LARGE",
        `the lists that the transaction sets have more than ${limits.multiBytesMax} bytes`,
      );
    overlay.show(decision);
    edits.push(decision);
  }
  return { type: "multi", edits };
}

/** A multi goes through the log, and its answer into a frame, as one. */
function largerThanAllowed(parts: readonly MultiPart[]): Refusal | undefined {
  const { multiPartsMax, multiBytesMax } = limits;
  if (parts.length > multiPartsMax)
    return refusal("MULTI_TOO_LARGE", `the transaction has more than ${multiPartsMax} operations`);
  let bytes = 0;
  for (const part of parts) bytes += bytesInPart(part);
  if (bytes <= multiBytesMax) return undefined;
  return refusal("MULTI_TOO_LARGE", `the transaction has ${bytes} bytes; at most ${multiBytesMax} go together`);
}
