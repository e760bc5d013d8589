/**
 * What is played as a part of an address, behind its `#`: nothing of it goes to a server. A plan is its JSON, deflated, in
 * the letters of base64url; `sim/cli/play-address.ts` writes the same in Node.
 */
import { type Plan, parsePlan } from "../../sim/plan/plan.ts";
import { PlanError } from "../../sim/plan/schema.ts";
import { shown } from "../picture/shown.ts";

/** What is behind the `#`. */
export interface Shared {
  readonly source:
    | { readonly kind: "plan"; readonly plan: Plan }
    | { readonly kind: "scene"; readonly name: string }
    | { readonly kind: "goal"; readonly id: string }
    | { readonly kind: "seed"; readonly seed: number };
  /** Events taken. */
  readonly steps: number;
  /** Id of the bug that is planted; "" for none. */
  readonly bug: string;
}

/** A plan that cannot be read, or is too large. The message is one sentence. */
export class ShareError extends Error {
  override readonly name = "ShareError";
}

/** Characters of a plan's JSON: larger ones take more memory than a page should. */
export const planCharactersMax = 1_048_576;

const stepsMax = 100_000_000;

/** The text behind the `#`. */
export async function toAddress({ source, steps, bug }: Shared): Promise<string> {
  const parts = [await sourceText(source)];
  if (bug !== "") parts.push(`bug=${encodeURIComponent(bug)}`);
  if (steps > 0) parts.push(`at=${steps}`);
  return parts.join("&");
}

async function sourceText(source: Shared["source"]): Promise<string> {
  switch (source.kind) {
    case "plan":
      return `plan=${await deflated(JSON.stringify(source.plan))}`;
    case "scene":
      return `scene=${encodeURIComponent(source.name)}`;
    case "goal":
      return `try=${encodeURIComponent(source.id)}`;
    case "seed":
      return `seed=${source.seed}`;
  }
}

/** What an address says; undefined if nothing is behind its `#`. Throws {@link ShareError}. */
export async function fromAddress(hash: string): Promise<Shared | undefined> {
  const text = hash.replace(/^#/, "");
  if (text === "") return undefined;
  const fields = new URLSearchParams(text);
  const at = Number(fields.get("at") ?? "0");
  const steps = Number.isInteger(at) && at >= 0 && at <= stepsMax ? at : 0;
  const bug = shown(fields.get("bug") ?? "", 20);
  const [plan, scene, goal, seed] = ["plan", "scene", "try", "seed"].map((name) => fields.get(name));
  if (plan != null) return { source: { kind: "plan", plan: readPlan(await inflated(plan)) }, steps, bug };
  if (scene != null) return { source: { kind: "scene", name: shown(scene, 60) }, steps, bug };
  if (goal != null) return { source: { kind: "goal", id: shown(goal, 60) }, steps, bug };
  if (seed != null && /^\d{1,10}$/.test(seed) && Number(seed) < 2 ** 32)
    return { source: { kind: "seed", seed: Number(seed) }, steps, bug };
  throw new ShareError("What is behind the # of this address is no plan, no scene and no seed.");
}

/** A plan from the text of a file. Throws {@link ShareError} with one sentence. */
export function readPlan(text: string): Plan {
  if (text.length > planCharactersMax) throw tooLarge();
  try {
    return parsePlan(text);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    throw new ShareError(`This plan cannot be run: ${shown(error.message, 300)}`);
  }
}

function tooLarge(): ShareError {
  return new ShareError("This plan is larger than 1 MiB: run it with npm run sim -- --plan FILE.");
}

async function deflated(text: string): Promise<string> {
  const bytes: number[] = [];
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  for await (const chunk of chunksOf(stream)) for (const byte of chunk) bytes.push(byte);
  const binary = bytes.map((byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function inflated(text: string): Promise<string> {
  const broken = new ShareError("The plan in this address is cut or damaged: ask for the whole address.");
  if (!/^[\w-]+$/.test(text)) throw broken;
  if (text.length > planCharactersMax) throw tooLarge();
  let json = "";
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const decoder = new TextDecoder("utf-8", { fatal: true });
    // Read in pieces: a few bytes may stand for very many.
    for await (const chunk of chunksOf(stream)) {
      json += decoder.decode(chunk, { stream: true });
      if (json.length > planCharactersMax) throw tooLarge();
    }
    return json + decoder.decode();
  } catch (error) {
    throw error instanceof ShareError ? error : broken;
  }
}

/** Some browsers cannot loop over a stream yet. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
