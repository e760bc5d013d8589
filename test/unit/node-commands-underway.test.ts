import { describe, expect, it } from "vitest";
import { CommandsUnderway } from "../../src/node/commands-underway.ts";

const command = (origin: number, proposal: number) => ({ origin, proposal });

describe("CommandsUnderway", () => {
  it("takes a command once, until its entry is applied", () => {
    const underway = new CommandsUnderway();
    expect(underway.take(command(1, 7), 3)).toBe(true);
    expect(underway.take(command(1, 7), 3)).toBe(false);
    expect(underway.take(command(2, 7), 3)).toBe(true);
    expect(underway.take(command(1, 8), 3)).toBe(true);
    underway.appended([command(1, 7), command(2, 7)], 11);
    underway.appended([command(1, 8)], 12);
    underway.applied(10);
    expect(underway.size).toBe(3);
    underway.applied(11);
    expect(underway.size).toBe(1);
    expect(underway.take(command(1, 8), 3)).toBe(false);
    // It may have come before its time.
    expect(underway.take(command(1, 7), 3)).toBe(true);
  });

  it("knows nothing of what it took in an earlier term, or before it was deposed", () => {
    const underway = new CommandsUnderway();
    underway.take(command(1, 7), 3);
    underway.appended([command(1, 7)], 11);
    expect(underway.take(command(1, 7), 5)).toBe(true);
    // What the earlier term appended is not this one.
    underway.applied(11);
    expect(underway.take(command(1, 7), 5)).toBe(false);
    underway.clear();
    expect(underway.size).toBe(0);
    expect(underway.take(command(1, 7), 5)).toBe(true);
  });
});
