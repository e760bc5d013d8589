/** createWithAcl: a create whose znode has a list of its own from the beginning. */
import { decideCreate } from "./create.ts";
import { decideCreateContainer, decideCreateTtl } from "./create-unused.ts";
import type { Decide } from "./decision.ts";

/** Check order: that of the create. */
export const decideCreateWithAcl: Decide<"createWithAcl"> = (view, { acl, create }) => {
  switch (create.op) {
    case "create":
      return decideCreate(view, create, acl);
    case "createContainer":
      return decideCreateContainer(view, create, acl);
    case "createTtl":
      return decideCreateTtl(view, create, acl);
  }
};
