// A lock that is held one at a time, first come, first served, and fenced: chapter 13 of docs/tutorial.
//
//   node docs/examples/lock.js NAME [SECONDS]    takes /locks/demo, keeps it for so long, gives it back

import { TerrariumClient } from "terrarium";

const [name = "me", seconds = "1"] = process.argv.slice(2);
const basePort = Number(process.env.TERRARIUM_BASE_PORT || 7100);
const endpoints = [1, 2, 3].map((id) => `127.0.0.1:${basePort + id}`);

/** Waits in line. The lock is ours once nobody is before us. */
async function acquire(client, path) {
  const { path: mine, stat } = await client.create(`${path}/w-`, name, { ephemeral: true, sequential: true });
  for (;;) {
    const { children } = await client.children(path);
    const before = children.filter((child) => `${path}/${child}` < mine).at(-1);
    if (before === undefined) return { mine, fence: stat.czxid };
    await gone(client, `${path}/${before}`);
  }
}

/** Resolves when the znode is not there any more. Only the one behind it waits for it, so nobody wakes up in vain. */
async function gone(client, path) {
  await new Promise((resolve, reject) => {
    const look = () =>
      client.exists(path, { watch: look }).then((stat) => stat === undefined && resolve(undefined), reject);
    look();
  });
}

const client = await TerrariumClient.connect({ endpoints });
for (const path of ["/locks", "/locks/demo"])
  await client.create(path).catch((error) => {
    if (error.code !== "NODE_EXISTS") throw error;
  });
const { mine, fence } = await acquire(client, "/locks/demo");
console.log(`${name} holds the lock, with fence ${fence}`);

// From here on somebody else may hold it: before they can, not after.
const lost = new Promise((resolve) => client.on("state", (state) => state === "lost" && resolve("lost the lock")));
const done = new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000, "is done"));
console.log(`${name} ${await Promise.race([lost, done])}`);

if (client.state !== "lost") await client.delete(mine);
await client.close();
