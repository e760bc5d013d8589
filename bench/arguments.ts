/** How the programs of this room read their options. */
import { InvalidArgumentError } from "commander";

/** A whole number from 1 on. Throws what commander tells the user. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1 on");
  return value;
}

/** A whole number, 0 included. Throws what commander tells the user. */
export function wholeNumber(text: string): number {
  return text === "0" ? 0 : positive(text);
}

/** How many servers a cluster has. Throws what commander tells the user. */
export function clusterSize(text: string): number {
  const value = positive(text);
  if (value % 2 === 0 || value > 7) throw new InvalidArgumentError("must be 1, 3, 5 or 7");
  return value;
}

/** Several of them, with commas between. Throws what commander tells the user. */
export function numbers(text: string): readonly number[] {
  return text.split(",").map(positive);
}
