import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { strangers } from "../../scripts/cluster/report.js";

it("cluster.sh does not wait for a stranger that answers for ever", async () => {
  const answered: ServerResponse[] = [];
  const stranger = createServer((_, response) => {
    answered.push(response);
    response.write("data: 0\n\n");
  });
  // More often than any limit on silence would bear.
  const trickle = setInterval(() => {
    for (const response of answered) response.write("data: 1\n\n");
  }, 50);
  try {
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const { port } = stranger.address() as AddressInfo;
    const server = { id: 2, ports: { http: port }, httpAddress: `127.0.0.1:${port}` };
    const said = strangers({ clusterId: "ours" }, [{ server, found: { pid: 2, state: "running" }, status: undefined }]);
    // A server that runs may be busy: of what gives no whole answer nothing is said.
    expect(await said).toEqual([]);
  } finally {
    clearInterval(trickle);
    stranger.closeAllConnections();
    stranger.close();
  }
});
