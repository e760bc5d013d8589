/** Which function decides which operation: the row of the state machine that a new operation needs. */
import type { MultiPart, Operation } from "../../base/operations.ts";
import { refusal } from "../failures.ts";
import { decideCheck } from "./check.ts";
import { decideCreate } from "./create.ts";
import { decideCreateContainer, decideCreateTtl } from "./create-unused.ts";
import { decideCreateWithAcl } from "./create-with-acl.ts";
import type { Decision, PartDecision, View } from "./decision.ts";
import { decideDelete } from "./delete.ts";
import { decideMulti } from "./multi.ts";
import { decideSetAcl } from "./set-acl.ts";
import { decideSetData } from "./set-data.ts";

/** Decides one operation. A switch, and not an object to be looked into by the name: that would take a tenth of a write. */
export function decide(view: View, operation: Operation): Decision {
  return operation.op === "multi" ? decideMulti(view, operation, decidePart) : decidePart(view, operation);
}

function decidePart(view: View, part: MultiPart): PartDecision {
  switch (part.op) {
    case "create":
      return decideCreate(view, part);
    case "createContainer":
      return decideCreateContainer(view, part);
    case "createTtl":
      return decideCreateTtl(view, part);
    case "delete":
      return decideDelete(view, part);
    case "setData":
      return decideSetData(view, part);
    case "setAcl":
      return decideSetAcl(view, part);
    case "createWithAcl":
      return decideCreateWithAcl(view, part);
    case "check":
      return decideCheck(view, part);
    case "unsupported":
      return refusal("UNIMPLEMENTED", "this version does not know the operation");
  }
}
