import { describe, expect, it } from "vitest";
import { refusedByBrowsers, refusedPorts } from "../../src/http/refused-ports.ts";
import { firstPort, freePorts } from "../support/free-ports.ts";

/** Why `fetch` did not get an answer from a port at which nothing listens. */
async function whyNot(port: number): Promise<unknown> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => "it got one",
    (error: Error) => (error.cause instanceof Error ? error.cause.message : error.message),
  );
}

describe("ports that browsers refuse", () => {
  it("are those that `fetch` refuses", async () => {
    for (const port of refusedPorts) expect(await whyNot(port), `port ${port}`).toBe("bad port");
    const [other = 0] = await freePorts(1);
    expect(await whyNot(other)).not.toBe("bad port");
  });

  it("are told to whoever would serve pages there, and others are not", () => {
    expect(refusedByBrowsers("127.0.0.1:6000")).toMatch(/^no browser opens port 6000 directly, .* choose another port/);
    expect(refusedByBrowsers("[::1]:10080")).toMatch(/10080/);
    for (const address of ["127.0.0.1:7301", "127.0.0.1:0", "[::]:6001"])
      expect(refusedByBrowsers(address)).toBeUndefined();
  });

  it("are none of those that tests and benchmarks take", () => {
    expect(Math.max(...refusedPorts)).toBeLessThan(firstPort);
  });
});
