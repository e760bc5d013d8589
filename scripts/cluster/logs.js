// The servers' logs, for people: `time  server  level  message  details`, in the order of time.

import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { lookAround, resolveIds } from "./knowledge.js";
import { Complaint, everyId, existingCluster, serverLayout } from "./layout.js";
import { self } from "./words.js";

/** Read at once, bytes. */
const chunkBytes = 1 << 20;
const followEveryMs = 200;

/** Reads a file as it grows, line by line. One that was set aside begins again. */
class Tail {
  #offset = 0;
  #rest = "";
  #decoder = new StringDecoder("utf8");

  constructor(server) {
    this.id = server.id;
    this.path = server.log;
  }

  /** Lines that came since the last call; at most about a chunk of them. */
  next() {
    const size = existsSync(this.path) ? statSync(this.path).size : 0;
    if (size < this.#offset) {
      this.#offset = 0;
      this.#rest = "";
      this.#decoder = new StringDecoder("utf8");
    }
    if (size === this.#offset) return [];
    const file = openSync(this.path, "r");
    const chunk = Buffer.alloc(Math.min(size - this.#offset, chunkBytes));
    this.#offset += readSync(file, chunk, 0, chunk.length, this.#offset);
    closeSync(file);
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  /** All lines up to now. What is not ended yet is left for the next call. */
  all() {
    const lines = [];
    for (let more = this.next(); more.length > 0; more = this.next()) for (const line of more) lines.push(line);
    return lines;
  }

  /** A line without an end. */
  get rest() {
    return this.#rest;
  }
}

function parsed(line) {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry = JSON.parse(line);
    return typeof entry?.time === "string" && typeof entry.msg === "string" ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** A detail of an entry. What is long or has blanks is as in JSON, so that its end can be seen. */
function detail([name, value]) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `${name}=${typeof value === "string" && (text === "" || /[\s"=]/.test(text)) ? JSON.stringify(text) : text}`;
}

/** A line of a log as a person wants it. What is no entry, such as last words and stack traces, is as it is. */
export function humanLine(id, line) {
  const entry = parsed(line);
  if (entry === undefined) return line;
  const { level, time, server, msg, ...details } = entry;
  const at = new Date(time);
  const clock = Number.isNaN(at.getTime())
    ? time
    : `${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 23)}`;
  const more = Object.entries(details).map(detail);
  return [clock, `server ${server ?? id}`, String(level).toUpperCase().padEnd(5), msg, ...more].join("  ");
}

/** Lines of several logs in the order of time; a line without one stays behind the line before it. */
export function merged(logs) {
  const items = logs.flatMap(({ id, lines }) => {
    let time = "";
    return lines.map((line) => {
      time = parsed(line)?.time ?? time;
      return { id, line, time };
    });
  });
  // The sort is stable: within a log nothing changes places.
  return logs.length === 1 ? items : items.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Shows logs; until interrupted with `follow`. */
export async function logs(words, { follow, json }) {
  const view = words.includes("leader") ? await lookAround() : undefined;
  const cluster = view?.cluster ?? existingCluster();
  const ids = view !== undefined ? resolveIds(view, words) : words.length > 0 ? words.map(Number) : everyId(cluster);
  const tails = ids.map((id) => new Tail(serverLayout(cluster, id)));
  const missing = tails.filter(({ path }) => !existsSync(path));
  if (missing.length === tails.length || (words.length > 0 && missing.length > 0)) {
    const { id } = missing[0];
    throw new Complaint(`server ${id} has no log yet`, `start it with ${self} start ${id}`, 1);
  }
  const show = (items) => {
    if (items.length === 0) return;
    process.stdout.write(`${items.map(({ id, line }) => (json ? line : humanLine(id, line))).join("\n")}\n`);
  };
  show(merged(tails.map((tail) => ({ id: tail.id, lines: tail.all() }))));
  if (!follow) return show(tails.flatMap(({ id, rest }) => (rest === "" ? [] : [{ id, line: rest }])));
  for (;;) {
    await sleep(followEveryMs);
    show(merged(tails.map((tail) => ({ id: tail.id, lines: tail.all() }))));
  }
}
