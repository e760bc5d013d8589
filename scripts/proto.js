// Writes src/protocol/generated/NAME.ts for each proto/NAME.proto when they are older than their sources. How messages
// look in TypeScript is said in scripts/proto/mapping.js.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { emitFile } from "./proto/emit.js";
import { loadProtos, readSchema } from "./proto/schema.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const protos = `${root}proto/`;
const generator = `${root}scripts/proto/`;
const out = `${root}src/protocol/generated/`;

function timeOf(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

/** Writes the generated code unless it is up to date. */
export function generateProto() {
  const names = readdirSync(protos).filter((name) => name.endsWith(".proto"));
  const sources = [...names.map((name) => protos + name), ...readdirSync(generator).map((name) => generator + name)];
  const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map(timeOf));
  const wanted = names.map((name) => name.replace(/\.proto$/, ".ts"));
  if (wanted.every((name) => timeOf(out + name) > newest)) return;
  const files = readSchema(loadProtos(protos, names));
  mkdirSync(out, { recursive: true });
  for (const name of wanted) {
    const staged = `${out}.${name}-${process.pid}`;
    writeFileSync(staged, emitFile(name.replace(/\.ts$/, ""), files));
    renameSync(staged, out + name);
  }
  for (const name of readdirSync(out)) {
    // Of a .proto that is gone. What begins with a dot belongs to a generator that runs at the same time.
    if (!wanted.includes(name) && !name.startsWith(".")) rmSync(out + name, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generateProto();
