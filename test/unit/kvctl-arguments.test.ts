import { describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { checkPath, childPath, parentPath, parseVersion } from "../../src/kvctl/arguments.ts";
import { dataFields, readData } from "../../src/kvctl/data.ts";
import { parseDuration } from "../../src/kvctl/duration.ts";
import { findPackage, parseEndpoints, resolveEndpoints } from "../../src/kvctl/endpoints.ts";
import { processInputs, readAtMost } from "../../src/kvctl/inputs.ts";

const usage = expect.objectContaining({ code: "USAGE" });

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["5s", 5_000],
    ["2", 2_000],
    ["1.5", 1_500],
    ["0.25s", 250],
    ["2m", 120_000],
    [" 3s ", 3_000],
    ["24m", 1_440_000],
    ["24h", 86_400_000],
  ])("%j", (text, ms) => {
    expect(parseDuration(text, "--timeout")).toBe(ms);
  });

  it.each(["", "s", "-1", "5 s", "1e3", "0", "0ms", "0.1ms", "NaN", "Infinity", "100000m", "25h"])(
    "%j is refused",
    (text) => {
      expect(() => parseDuration(text, "--timeout")).toThrow(usage);
      expect(() => parseDuration(text, "--timeout")).toThrow("--timeout");
    },
  );
});

describe("versions", () => {
  it.each([
    ["-1", -1],
    ["0", 0],
    ["2147483647", 2147483647],
    ["-2", -2],
    ["-2147483648", -2147483648],
  ])("%j", (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });

  it.each(["", " ", "x", "1.5", "-2147483649", "1e2", "0x10", "2147483648", "+1"])("%j is refused", (text) => {
    expect(() => parseVersion(text)).toThrow(usage);
  });
});

describe("paths", () => {
  it("must start with a slash", () => {
    expect(checkPath("/a")).toBe("/a");
    expect(() => checkPath("a")).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENTS", hint: expect.stringContaining("/a") }),
    );
    expect(() => checkPath("")).toThrow(expect.objectContaining({ code: "BAD_ARGUMENTS" }));
  });

  it("have parents and children", () => {
    expect([childPath("/", "a"), childPath("/a", "b")]).toEqual(["/a", "/a/b"]);
    expect([parentPath("/a/b"), parentPath("/a"), parentPath("/"), parentPath("/q/")]).toEqual(["/a", "/", "/", "/q"]);
  });
});

describe("endpoints", () => {
  it.each([
    ["127.0.0.1:7101", ["127.0.0.1:7101"]],
    ["a:1, b:2 ,a:1,", ["a:1", "b:2"]],
    ["[::1]:7101", ["[::1]:7101"]],
  ])("%j", (list, endpoints) => {
    expect(parseEndpoints(list, "--endpoints")).toEqual(endpoints);
  });

  it.each(["", ",", "localhost", "a:0", "a:65536", "a:b", ":7101", "http://a:1", "a:1:2", "::1:7101"])(
    "%j is refused",
    (list) => {
      expect(() => parseEndpoints(list, "--endpoints")).toThrow(usage);
    },
  );

  const files = (content: Record<string, string>) => (file: string) => content[file];
  const ports = (endpoints: string[]) => endpoints.map((endpoint) => Number(endpoint.replace("127.0.0.1:", "")));

  it("come from the option, then from KVCTL_ENDPOINTS", () => {
    const env = { KVCTL_ENDPOINTS: "b:2", TERRARIUM_BASE_PORT: "8000" };
    expect(resolveEndpoints("a:1", env, "/c", files({}))).toEqual(["a:1"]);
    expect(resolveEndpoints(undefined, env, "/c", files({}))).toEqual(["b:2"]);
    expect(() => resolveEndpoints(undefined, { KVCTL_ENDPOINTS: "nonsense" }, "/c", files({}))).toThrow(
      "KVCTL_ENDPOINTS",
    );
  });

  it("are those of the local cluster otherwise", () => {
    const file = files({ "/c/.cluster/cluster.env": "SIZE=3\nBASE_PORT=7500\n", "/h/cluster.env": 'SIZE="7"\n' });
    expect(ports(resolveEndpoints(undefined, {}, "/c", file))).toEqual([7501, 7502, 7503]);
    expect(ports(resolveEndpoints(undefined, { TERRARIUM_HOME: "/h" }, "/c", file))).toHaveLength(7);
    const env = { TERRARIUM_BASE_PORT: "7500", KVCTL_ENDPOINTS: "" };
    expect(ports(resolveEndpoints(undefined, env, "/c", file))).toEqual([7501, 7502, 7503]);
    const grown = files({ "/c/.cluster/cluster.env": "SIZE=3\nBASE_PORT=7500\nSERVERS=1,3,104\nLAST_ID=104\n" });
    expect(ports(resolveEndpoints(undefined, {}, "/c", grown))).toEqual([7501, 7503, 7604]);
  });

  it("are none where the variables do not fit what is there: another cluster may answer at them", () => {
    const file = files({ "/c/.cluster/cluster.env": "SIZE=3\nBASE_PORT=7500\n" });
    const moved = () => resolveEndpoints(undefined, { TERRARIUM_BASE_PORT: "8000" }, "/c", file);
    expect(moved).toThrow("the cluster in /c/.cluster uses base port 7500, but TERRARIUM_BASE_PORT is 8000");
    expect(moved).toThrow(usage);
    const empty = () => resolveEndpoints(undefined, { TERRARIUM_HOME: "/h" }, "/c", file);
    expect(empty).toThrow("there is no cluster in /h, where TERRARIUM_HOME points");
    // The endpoints of another cluster may be given all the same.
    expect(resolveEndpoints("a:1", { TERRARIUM_HOME: "/h", TERRARIUM_BASE_PORT: "8000" }, "/c", file)).toEqual(["a:1"]);
  });

  it("are five from 7101 when nothing is known, or what is known is nonsense", () => {
    const five = [7101, 7102, 7103, 7104, 7105];
    expect(ports(resolveEndpoints(undefined, {}, undefined, files({})))).toEqual(five);
    const nonsense = files({ "/c/.cluster/cluster.env": "SIZE=many\nBASE_PORT=x\n#!?" });
    expect(ports(resolveEndpoints(undefined, {}, "/c", nonsense))).toEqual(five);
  });

  it.each(["x", "0", "-5", "70000", "1.5"])("TERRARIUM_BASE_PORT=%s is refused", (port) => {
    expect(() => resolveEndpoints(undefined, { TERRARIUM_BASE_PORT: port }, "/c", files({}))).toThrow(usage);
  });

  it("find their checkout", () => {
    expect(findPackage(import.meta.dirname)).toMatchObject({ version: expect.stringMatching(/^\d/) });
    expect(findPackage("/")).toBeUndefined();
  });
});

describe("paths", () => {
  it.each([
    ["", "BAD_ARGUMENTS", "paths start with /"],
    ["a/b", "BAD_ARGUMENTS", 'try "/a/b"'],
    ["/a//b/", "BAD_ARGUMENTS", 'try "/a/b"'],
    ["/a/../b", "BAD_ARGUMENTS", '".." segment'],
    ["/a/.", "BAD_ARGUMENTS", "not resolved"],
    ["/a\0", "BAD_ARGUMENTS", "U+0000"],
    ["/\udfff", "BAD_ARGUMENTS", "half of a surrogate pair"],
    ["/😀", "BAD_ARGUMENTS", "emoji"],
    [`/${"a".repeat(5000)}`, "BAD_ARGUMENTS", "shorter"],
  ])("%j is refused", (path, code, words) => {
    let error: unknown;
    try {
      checkPath(path);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code });
    expect(error instanceof TerrariumError ? `${error.message} ${error.hint}` : "").toContain(words);
  });

  it("a number follows a sequential one, and counts", () => {
    expect(checkPath("/a/", true)).toBe("/a/");
    expect(() => checkPath(`/${"a".repeat(4090)}`, true)).toThrow("longer");
    expect(checkPath(`/${"a".repeat(4090)}`)).toHaveLength(4091);
  });
});

describe("data", () => {
  const inputs = {
    async readFile(path: string) {
      if (path === "big") return new Uint8Array(limits.dataBytesMax + 1);
      return Uint8Array.of(0, 255);
    },
    readStdin: async () => Uint8Array.of(7),
  };

  it("comes as text, from a file, from standard input", async () => {
    expect(await readData(undefined, inputs)).toEqual(new Uint8Array());
    expect(await readData("ü", inputs)).toEqual(Uint8Array.of(0xc3, 0xbc));
    expect(await readData("-", inputs)).toEqual(Uint8Array.of(7));
    expect(await readData("@file", inputs)).toEqual(Uint8Array.of(0, 255));
    expect(await readData("@@a", inputs)).toEqual(Uint8Array.of(0x40, 0x61));
    expect(await readData("--", inputs)).toEqual(Uint8Array.of(0x2d, 0x2d));
  });

  it("is refused when it cannot be read or is too much", async () => {
    await expect(readData("@/", processInputs)).rejects.toThrow("cannot read '/': it is a directory");
    await expect(readData("@/no/where", processInputs)).rejects.toMatchObject({ code: "USAGE" });
    await expect(readData("@", inputs)).rejects.toThrow("file name");
    await expect(readData("@big", inputs)).rejects.toMatchObject({ code: "DATA_TOO_LARGE" });
  });

  it("is read no further than a znode holds", async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 1000;
        yield new Uint8Array(1000);
      }
    }
    expect((await readAtMost(endless(), 2500)).length).toBe(2500);
    expect(given).toBe(3000);
    const asked: number[] = [];
    const counting = { ...inputs, readStdin: async (bytesMax: number) => new Uint8Array(asked.push(bytesMax)) };
    await readData("-", counting);
    expect(asked).toEqual([limits.dataBytesMax + 1]);
  });

  it("is base64 in JSON only where it is no text", () => {
    expect(dataFields(new TextEncoder().encode("hé"))).toEqual({ data: "hé", encoding: "utf8" });
    expect(dataFields(Uint8Array.of(0xff, 0))).toEqual({ data: "/wA=", encoding: "base64" });
    // A byte order mark must not get lost on the way.
    expect(dataFields(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toEqual({ data: "77u/YQ==", encoding: "base64" });
  });
});
