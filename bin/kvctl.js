#!/usr/bin/env node
// Starts kvctl from the build.
try {
  const { main } = await import("../dist/kvctl/main.js");
  await main();
} catch (error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.error("kvctl: it is not built\n  hint: run `npm ci && npm run build`, or `./cluster.sh 5`, which does both");
  process.exit(2);
}
