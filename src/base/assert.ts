/**
 * Assertions: statements of what must hold at a point of the code. They stay on in production, since a server that
 * has lost an invariant must stop, not guess.
 */

/** Thrown when an invariant of the code does not hold: always a bug of Terrarium, never a user's mistake. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops with an {@link AssertionError} unless `condition` holds. `what` names the invariant. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(`invariant broken: ${what}`);
}

/** Returns `value`, which must not be `undefined`. `what` names it. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AssertionError(`invariant broken: ${what} is missing`);
  return value;
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new AssertionError(`invariant broken: unexpected value ${JSON.stringify(value)}`);
}
