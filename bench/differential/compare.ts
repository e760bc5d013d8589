/** Whether two servers have said the same: word for word, and with their zxids in the same order. */
import type { Line } from "./words.ts";

/** Where two transcripts part. */
export interface Difference {
  /** The step in which they do. */
  readonly step: string;
  readonly ours: string;
  readonly theirs: string;
}

/** The first difference of two transcripts. */
export function compare(ours: readonly Line[], theirs: readonly Line[]): Difference | undefined {
  const [our, their] = [ranked(ours), ranked(theirs)];
  let step = "";
  for (let i = 0; i < Math.max(our.length, their.length); i++) {
    const [a = "nothing", b = "nothing"] = [our[i], their[i]];
    if (a !== b) return { step, ours: a, theirs: b };
    if (/^\d/.test(a)) step = a;
  }
  return undefined;
}

/** The lines with each zxid as its place among those of the transcript. */
export function ranked(lines: readonly Line[]): readonly string[] {
  const zxids = [...new Set(lines.flatMap((line) => line.zxids))].sort((a, b) => a - b);
  const places = new Map(zxids.map((zxid, place) => [zxid, place]));
  return lines.map(({ text, zxids: own }) => {
    let next = 0;
    return text.replaceAll("#", () => `z${places.get(own[next++] ?? 0)}`);
  });
}
