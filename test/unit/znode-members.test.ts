import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import type { Operation } from "../../src/base/operations.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";
import { codeOf, create, Harness, ok, read, set } from "./znode-harness.ts";

const path = "/zookeeper/config";
const shown = (machine: ZnodeMachine): string => fromUtf8(ok(machine.read(read("getData", path))).data ?? utf8("?"));

describe("/zookeeper/config", () => {
  it("is empty until an entry says who the members are", () => {
    const machine = new ZnodeMachine();
    expect(shown(machine)).toBe("");
    expect(machine.stat(path)).toMatchObject({ version: 0, mzxid: 0 });
  });

  it("shows them as of their entry, in hexadecimal digits, and tells whoever watches", () => {
    const harness = new Harness();
    const { machine } = harness;
    for (let index = 1; index < 30; index++) machine.skip(index);
    expect(machine.configure(30, "server.1=a")).toMatchObject([{ type: "dataChanged", path, zxid: 30 }]);
    expect(shown(machine)).toBe("server.1=a\nversion=1e");
    expect(machine.stat(path)).toMatchObject({ czxid: 0, mzxid: 30, version: -1, dataLength: 21 });
    expect(machine.appliedIndex).toBe(30);
  });

  it("stays as it is where the members are the same, and has no versions when they are others", () => {
    const machine = new ZnodeMachine();
    machine.configure(1, "server.1=a");
    const before = machine.stat(path);
    expect(machine.configure(2, "server.1=a")).toEqual([]);
    machine.membersRestored("server.1=a");
    expect(machine.stat(path)).toEqual(before);
    expect(machine.configure(3, "server.1=a\nserver.2=b")).toHaveLength(1);
    expect(machine.stat(path)).toMatchObject({ mzxid: 3, version: -1 });
  });

  it("is the same on each replica, and another where the members differ", () => {
    const [a, b, c] = [new ZnodeMachine(), new ZnodeMachine(), new ZnodeMachine()];
    for (const machine of [a, b]) machine.configure(1, "server.1=a");
    c.configure(1, "server.1=b");
    expect(a.digest()).toBe(b.digest());
    expect(a.digest()).not.toBe(c.digest());
  });

  it("is due for the next checkpoint", () => {
    const machine = new ZnodeMachine();
    machine.configure(1, "server.1=a");
    expect(machine.takeDirty(() => {}).znodes.map((znode) => znode.path)).toEqual([path]);
  });

  it("names the members of now where a checkpoint says something else, as of a backup", () => {
    const machine = new ZnodeMachine();
    machine.configure(1, "server.1=old");
    machine.skip(2);
    machine.membersRestored("server.1=new");
    expect(shown(machine)).toBe("server.1=new\nversion=2");
  });

  it("is the servers' own: nobody sets it or creates below it, alone or in a multi", () => {
    const harness = new Harness();
    harness.machine.configure(1, "server.1=a");
    const session = harness.open();
    const write = (operation: Operation) => harness.write(session, operation);
    expect(codeOf(write(set(path, "x")))).toBe("NO_AUTH");
    expect(codeOf(write(set(path, "x", 5)))).toBe("NO_AUTH");
    expect(codeOf(write(create(`${path}/x`)))).toBe("NO_AUTH");
    expect(codeOf(write(create(`${path}/x-`, { sequential: true })))).toBe("NO_AUTH");
    const part = { op: "setData", path, data: utf8("x"), version: -1 } as const;
    expect(write({ op: "multi", parts: [part] }).failure).toMatchObject({ failedPart: 0 });
    expect(shown(harness.machine)).toBe("server.1=a\nversion=1");
  });
});
