/** What answers say, in words that do not depend on whose they are. */
import { hex } from "../../src/base/bytes.ts";
import type { Stat } from "../../src/base/operations.ts";
import { buffer, id as idCodec, JuteReader, vector } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { acl, multiHeader, replies } from "../../src/zookeeper/records.ts";
import type { Places } from "./places.ts";
import { type Ask, asks } from "./steps.ts";

/** A line of a transcript; `#` in the text stands for a zxid. */
export interface Line {
  readonly text: string;
  readonly zxids: readonly number[];
}

/** What an answer within that of a multi says it is of. */
const operationNames = new Map(asks.map((op) => [Number(opcode[op]), op]));

const aclList = vector(acl);

/** Reads the answers of one sequence. */
export class Words {
  readonly #places: Places;
  /** Sessions by id, numbered in the order in which they were opened. */
  readonly #owners: ReadonlyMap<string, number>;

  constructor(places: Places, owners: ReadonlyMap<string, number>) {
    this.#places = places;
    this.#owners = owners;
  }

  /** The body of an answer that is no error. */
  of(ask: Ask, body: Uint8Array): Line {
    const zxids: number[] = [];
    const reader = new JuteReader(body);
    const text = ` ${this.#shown(ask, reader, body, zxids)}`;
    return { text: reader.left === 0 ? text : `${text} and ${reader.left} bytes more`, zxids };
  }

  #shown({ op, parts = [] }: Ask, reader: JuteReader, body: Uint8Array, zxids: number[]): string {
    const stat = (): string => {
      const from = body.length - reader.left;
      const read = replies.stat.read(reader).stat;
      return this.#stat(read, body.subarray(from, body.length - reader.left), zxids);
    };
    const children = (): string => [...replies.children.read(reader).children].sort().join();
    switch (op) {
      case "create":
      case "sync":
        return this.#places.short(replies.path.read(reader).path);
      case "create2":
      case "createContainer":
      case "createTtl":
        return `${this.#places.short(replies.path.read(reader).path)} ${stat()}`;
      case "delete":
      case "check":
      case "removeWatches":
      case "checkWatches":
        return "";
      case "addWatch":
        return String(replies.error.read(reader).err);
      case "setData":
      case "setAcl":
      case "exists":
        return stat();
      case "getData":
      case "reconfig":
        return `${hex(buffer.read(reader))} ${stat()}`;
      case "getAcl":
        return `${JSON.stringify(aclList.read(reader))} ${stat()}`;
      case "getChildren":
        return children();
      case "getChildren2":
        return `${children()} ${stat()}`;
      case "getEphemerals": {
        const paths = replies.children.read(reader).children.map((path) => this.#places.short(path));
        return paths.sort().join();
      }
      case "getAllChildrenNumber":
        return String(reader.int());
      case "whoAmI": {
        const infos = replies.clientInfos.read(reader).clientInfos.map((info) => JSON.stringify(info));
        return infos.sort().join();
      }
      case "multi":
      case "multiRead": {
        const shown: string[] = [];
        for (let i = 0; ; i++) {
          const { type, done, err } = multiHeader.read(reader);
          shown.push(`${type} ${done} ${err}`);
          const part = parts[i];
          if (done || part === undefined) return shown.join("; ");
          const kind = operationNames.get(type) ?? part.op;
          shown.push(type === -1 ? `${reader.int()}` : this.#shown({ ...part, op: kind }, reader, body, zxids));
        }
      }
    }
  }

  #stat(stat: Stat, body: Uint8Array, zxids: number[]): string {
    const { czxid, mzxid, pzxid, ctime, mtime, ephemeralOwner: _, ...rest } = stat;
    // The ids of ZooKeeper's sessions do not fit in a number.
    const id = idCodec.read(new JuteReader(body.subarray(body.length - 24, body.length - 16)));
    const owner = id === 0n ? "nobody" : `session ${this.#owners.get(String(id)) ?? "unknown"}`;
    // What was there from the start has times of its own.
    if (czxid === 0) return `${JSON.stringify(rest)} of ${owner}`;
    zxids.push(czxid, mzxid, pzxid);
    const times = ctime <= mtime && Math.abs(Date.now() - mtime) < 3_600_000;
    return `#,#,# ${JSON.stringify(rest)} of ${owner}${times ? "" : ` at ${ctime}, ${mtime}`}`;
  }
}
