/** A page that is one file and plays the run of a plan, without a server and without a network. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWholeFile } from "../../src/files/whole-file.ts";
import type { Plan } from "../plan/plan.ts";
import { OutputError, reason } from "./command.ts";
import { root } from "./root.ts";

/** The playground in one file, with a place for a plan: the build makes it. */
const template = "dist/web/play/one-file.html";

/** Writes the page of `plan` to `file`, over what is there. Throws {@link OutputError}. */
export function writePage(file: string, plan: Plan): void {
  let page: string;
  try {
    page = readFileSync(join(root, template), "utf8");
  } catch (error) {
    throw new OutputError(`The page ${template} cannot be read: ${reason(error)}. Make it with npm run build.`);
  }
  try {
    writeWholeFile(
      file,
      page.replace("%plan%", () => inScript(JSON.stringify(plan))),
      { replace: true },
    );
  } catch (error) {
    throw new OutputError(`The page cannot be written to ${file}: ${reason(error)}.`);
  }
}

/** JSON that ends no element of a page and begins none, whatever stands in its strings. */
function inScript(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
