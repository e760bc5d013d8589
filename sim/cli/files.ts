/** The files that the simulator's programs read and write, and what they say when that fails. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { checkPlan, type Plan } from "../plan/plan.ts";
import { PlanError } from "../plan/schema.ts";
import { OutputError, reason, UsageError } from "./command.ts";

/** The plan in a file. Throws {@link PlanError} with a sentence that names the file, and the field that is wrong. */
export function readPlan(file: string): Plan {
  const value = parseJson(file, readText(file));
  try {
    return checkPlan(value);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    throw new PlanError(`${file} is no plan that can be run: ${error.message}`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PlanError(`The plan ${file} cannot be read: ${reason(error)}.`);
  }
}

function parseJson(file: string, text: string): unknown {
  if (text.trim() === "") throw new PlanError(`The plan ${file} is empty.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser quotes the text that it stumbled over, with its line ends.
    throw new PlanError(`The plan ${file} is not valid JSON: ${reason(error).replaceAll(/\s+/g, " ")}.`);
  }
}

/** Makes sure that files can be put into `folder`, and makes it if need be. Throws {@link UsageError}. */
export function prepareFolder(folder: string): void {
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    else if (!statSync(folder).isDirectory()) throw new UsageError(`${folder} is a file, but must be a folder.`);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The folder ${folder} cannot be used: ${reason(error)}.`);
  }
}

/**
 * A file that is written line by line while a run goes on. Its first error ends the writing and is kept until the run
 * is over: thrown in the run, it would be taken for an error of the code under test.
 */
export class LineFile {
  readonly #name: string;
  readonly #descriptor: number;
  #failure: unknown;

  /** Empties the file. Throws {@link UsageError} if it cannot be opened. */
  constructor(name: string) {
    this.#name = name;
    try {
      this.#descriptor = openSync(name, "w");
    } catch (error) {
      throw new UsageError(`The file ${name} cannot be written: ${reason(error)}.`);
    }
  }

  /** Takes one line, with its end. */
  write(line: string): void {
    if (this.#failure === undefined) this.#try(() => writeSync(this.#descriptor, line));
  }

  /** Closes it. Returns what went wrong, if something did. */
  close(): OutputError | undefined {
    this.#try(() => closeSync(this.#descriptor));
    if (this.#failure === undefined) return undefined;
    return new OutputError(`The file ${this.#name} is not complete: ${reason(this.#failure)}.`);
  }

  #try(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

/** A file's name as a word of a shell command. */
export function shellWord(name: string): string {
  return /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
