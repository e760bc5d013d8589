/** Which function decides which operation: the row of the state machine that a new operation needs. */
import type { Operation } from "../../base/operations.ts";
import { decideCreate } from "./create.ts";
import type { Decision, View } from "./decision.ts";
import { decideDelete } from "./delete.ts";
import { decideSetData } from "./set-data.ts";

/** Decides one operation. A switch, and not an object to be looked into by the name: that would take a tenth of a write. */
export function decide(view: View, operation: Operation): Decision {
  switch (operation.op) {
    case "create":
      return decideCreate(view, operation);
    case "delete":
      return decideDelete(view, operation);
    case "setData":
      return decideSetData(view, operation);
  }
}
