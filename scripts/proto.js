// Generates src/protocol/generated/messages.{js,d.ts} from proto/*.proto when they are older than their sources.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = `${root}src/protocol/generated`;

// Numbers on the wire are below 2^53 (proto/log.proto), so decoding makes plain numbers, not Long objects.
const runtime = `import protobuf from "protobufjs/minimal.js";
protobuf.util.Long = undefined;
protobuf.configure();
export default protobuf;
`;

/** Writes the generated protobuf code unless it is up to date. */
export function generateProto() {
  const protos = readdirSync(`${root}proto`)
    .filter((f) => f.endsWith(".proto"))
    .map((f) => `${root}proto/${f}`);
  const newest = Math.max(...[...protos, fileURLToPath(import.meta.url)].map((f) => statSync(f).mtimeMs));
  const target = `${out}/messages.js`;
  if (existsSync(target) && existsSync(`${out}/messages.d.ts`) && statSync(target).mtimeMs > newest) return;
  mkdirSync(out, { recursive: true });
  const staged = `${out}/.messages-${process.pid}.js`;
  const flags =
    "-t static-module -w esm --force-number --no-verify --no-convert --no-delimited --no-service --no-create --no-typeurl";
  const args = [
    ...flags.split(" "),
    "--dts",
    "--dependency",
    "./runtime.js",
    "-p",
    `${root}proto`,
    "-o",
    staged,
    ...protos,
  ];
  const pbjs = spawnSync(process.execPath, [`${root}node_modules/protobufjs-cli/bin/pbjs`, ...args], {
    stdio: "inherit",
  });
  if (pbjs.status !== 0) {
    process.exitCode = 1;
    throw new Error("pbjs could not translate proto/*.proto; its message is above");
  }
  writeFileSync(`${out}/runtime.js`, runtime);
  renameSync(staged.replace(/\.js$/, ".d.ts"), `${out}/messages.d.ts`);
  renameSync(staged, target);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generateProto();
