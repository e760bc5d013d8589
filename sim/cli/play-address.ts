/** A plan as an address of the playground, and the line that opens it there. */
import { deflateRawSync } from "node:zlib";
import type { Plan } from "../plan/plan.ts";
import { shellWord } from "./files.ts";

/**
 * The part of the playground's address, from its `#` on, that opens `plan`: behind `http://127.0.0.1:7201/play/`, say.
 * The page reads it with `web/play/share.ts`. Nothing of it goes to a server. `bug`: id of a mutant that is planted.
 */
export function playFragment(plan: Plan, bug = ""): string {
  const deflated = deflateRawSync(JSON.stringify(plan)).toString("base64url");
  return `#plan=${deflated}${bug === "" ? "" : `&bug=${encodeURIComponent(bug)}`}`;
}

/** The command that opens the plan in `file` in the playground, with a mutant planted if one is named. */
export function playCommand(file: string, bug = ""): string {
  return `npm run play -- --plan ${shellWord(file)}${bug === "" ? "" : ` --bug ${shellWord(bug)}`}`;
}
