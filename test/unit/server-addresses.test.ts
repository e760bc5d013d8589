import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { checkAddresses } from "../../src/server/addresses.ts";
import { freePorts } from "../support/free-ports.ts";

const squatter = createServer();
afterEach(() => squatter.close());

/** An address at which something listens. */
async function takenAddress(): Promise<string> {
  await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(squatter.address() as AddressInfo).port}`;
}

describe("the addresses of a server", () => {
  it("may not be the same, whether or not they can be had", async () => {
    const taken = await takenAddress();
    await expect(checkAddresses([taken, undefined, taken])).rejects.toMatchObject({
      code: "USAGE",
      message: `${taken}: clients, other servers and HTTP cannot share an address`,
    });
    await expect(checkAddresses(["127.0.0.1:0", taken])).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
  });

  it("may not be the same in other words", async () => {
    const [port = 0] = await freePorts(1);
    const [one, same] = [`127.0.0.1:${port}`, `127.1:${port}`];
    await expect(checkAddresses([one, same])).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(`${same} with ${one}: clients, other servers and HTTP cannot share an address`),
    });
  });

  // Elsewhere the system lets both listen, and so may the server.
  it.runIf(process.platform === "linux")("may not be one of all addresses and one of them", async () => {
    const [port = 0] = await freePorts(1);
    const addresses = [`0.0.0.0:${port}`, `127.0.0.1:${port}`];
    for (const order of [addresses, addresses.toReversed()])
      await expect(checkAddresses(order)).rejects.toMatchObject({ code: "USAGE" });
  });

  it("are free again after the check", async () => {
    const [first = 0, second = 0] = await freePorts(2);
    const addresses = [`127.0.0.1:${first}`, `127.0.0.1:${second}`, "127.0.0.1:0", "127.0.0.1:0"];
    await checkAddresses(addresses);
    await expect(checkAddresses([...addresses, await takenAddress()])).rejects.toMatchObject({
      code: "ADDRESS_IN_USE",
    });
    await checkAddresses(addresses);
  });
});
