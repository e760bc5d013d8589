import { describe, expect, it } from "vitest";
import type { AdminReply, AdminRequest } from "../../src/base/admin.ts";
import {
  decodeAdminReply,
  decodeAdminRequest,
  encodeAdminReply,
  encodeAdminRequest,
} from "../../src/protocol/admin-codec.ts";
import { encodeProto } from "../support/schema.ts";

const member = { id: 6, peerAddress: "h:7206", clientAddress: "h:7106" };
const requests: readonly AdminRequest[] = [
  { type: "add", member, observer: true, force: false },
  { type: "remove", id: 1, force: true },
  { type: "promote", id: 255, force: false },
  { type: "replace", gone: 2, member, force: true },
  { type: "update", id: 2, peerAddress: "h:7301", force: false },
  { type: "update", id: 2, peerAddress: "h:7301", clientAddress: "h:7401", force: true },
  { type: "transfer", to: 0 },
  { type: "transfer", to: 3 },
];
const replies: readonly AdminReply[] = [
  { type: "done" },
  { type: "failed", code: "NOT_LEADER", message: "server 2 leads", leader: "h:7102" },
  { type: "failed", code: "ID_IN_USE", message: "taken", leader: undefined },
];

describe("requests of operators", () => {
  it.each(requests)("$type comes back as it was", (request) => {
    expect(decodeAdminRequest(encodeAdminRequest(request))).toEqual(request);
  });

  it("replies come back as they were", () => {
    for (const reply of replies) expect(decodeAdminReply(encodeAdminReply(reply))).toEqual(reply);
  });

  it("nonsense is refused", () => {
    const encode = (message: object) => encodeProto("AdminRequest", message);
    for (const bytes of [
      new Uint8Array([7, 7, 7]),
      encode({}),
      encode({ remove: { id: 0 } }),
      encode({ remove: { id: 2 ** 31 } }),
      encode({ add: { member: { id: 3 } } }),
      encode({ replace: { gone: 1 } }),
      encode({ update: { id: 2 } }),
      encode({ update: { id: 2, peerAddress: "", clientAddress: "h:1" } }),
      encode({ update: { id: 0, peerAddress: "h:1" } }),
    ])
      expect(() => decodeAdminRequest(bytes)).toThrow(expect.objectContaining({ code: "PROTOCOL_ERROR" }));
    expect(() => decodeAdminReply(new Uint8Array([7]))).toThrow(expect.objectContaining({ code: "PROTOCOL_ERROR" }));
  });
});
