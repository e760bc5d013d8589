/**
 * How the messages of proto/*.proto look in TypeScript. What is not said here follows three rules:
 *
 * - A message becomes a type of its own name, which the generator writes. Fields have their names in camelCase; numbers
 *   are plain numbers, bytes are views on what was read, values of an enum are strings in camelCase ("getData"). A field
 *   that is not on the wire has proto3's default: 0, false, "", no bytes, an empty list.
 * - A field that is itself a message, or marked `optional`, is an optional property: absent when it is not on the wire.
 * - A oneof becomes a union of types that a property tells apart; it must be set, or the message is malformed.
 *
 * To add a field or message: docs/protocol.md.
 */

/**
 * Types that are written by hand, since rooms use them that know nothing of the wire, by the module (below src/) that
 * declares them. Where such a type and its message have not the same properties, the generated code does not compile.
 */
export const handwrittenTypes = {
  "base/operations.ts": ["Operation", "MultiPart", "PlainCreate", "Stat", "Failure", "Result", "PartResult"],
  "base/reads.ts": [
    "Read",
    "ReadKind",
    "ReadPart",
    "ReadPartKind",
    "WatchKind",
    "WatchEventType",
    "WatchEvent",
    "WatchSpec",
  ],
  "base/acl.ts": ["AclItem", "ClientIdentity", "Credential"],
  "base/errors.ts": ["ErrorCode"],
  "base/admin.ts": ["JoiningMember", "MemberAddress"],
  "protocol/client-messages.ts": ["ClientMessage", "ServerMessage", "RequestBody"],
  "protocol/peer-messages.ts": ["PeerMessage"],
  "raft/types.ts": ["Configuration", "Member", "HardState", "LogBase", "Entry"],
  "znode/commands.ts": ["Command", "CommandBody"],
};

/** Enums whose type has another name. */
export const enums = {
  "Read.Kind": "ReadKind",
  "ReadPart.Kind": "ReadPartKind",
  "WatchEvent.Type": "WatchEventType",
};

/** What a request answers: to the client at once, and in the session's memory. */
const result = {
  property: "result",
  type: "Result",
  alone: "failure",
  rest: ["path", "stat", "data", "children", "more", "results", "count", "acl"],
};

/**
 * What is special about a message:
 *
 * - `list: true`: it has one repeated field, and is a list of its items in TypeScript.
 * - `tag`: it consists of one oneof, and is a union in TypeScript. The property `tag` has the name of the alternative
 *   (`names: "types"`: the name of its type), next to the alternative's own fields; `wrap` lists alternatives whose value is
 *   in a property instead: `{ type: "event", event: … }`.
 *   `unknown`: what stands for an alternative that a later version has; without it, such a message is malformed, as it
 *   is in a command of the log, which all servers have to read the same. An alternative may be that of several unions if it has the same name and `tag` in all of them.
 * - `oneofs`: the same for a message that has other fields too: its oneof (the key) becomes the property `property`, a union
 *   with the name `type`.
 * - `absent`: fields that are optional properties, absent when the wire has the default.
 * - `required`: fields without which the message is malformed.
 * - `group`: fields that are together in one property, of the type `type`: either the one named in `alone`, or the `rest`.
 *   All of them are in every message that has the group, and in the type: otherwise nothing is generated, or does not compile.
 * - `checked`: strings that are of a narrower type: what the function `by` of src/protocol/words.ts makes of one.
 * - `most`: lists of which no more than one over a limit of src/base/limits.ts is read: what is over it is refused by the
 *   state machine, however many more there are, and must cost no more until then.
 * - `parts`: bytes that are a part of a larger array, as base/bytes.ts declares it, instead of a view.
 * - `by`: it is read and written by two functions of a module by hand, since it is another type here.
 * - `shared: true`: those that are equal are mostly one object, made when the first of them was read.
 * - `strict: true`: a field that this version does not know makes it malformed, as it would be lost when it is written anew.
 * - `bound: true`: a function says at most how many bytes it takes.
 * - `sized: true`: as it is read it gets a property `size`, the bytes that it took.
 * - `pieces`: fields that are also written one by one, for a message that is never whole in memory.
 */
export const messages = {
  ClientFrame: { list: true },
  ClientMessage: { tag: "type", bound: true },
  Connect: { absent: ["credentials"], most: { credentials: "identitiesMax" } },
  Request: {
    oneofs: {
      request: {
        property: "body",
        type: "RequestBody",
        tag: "type",
        wrap: { write: "operation", read: "read", auth: "credential" },
      },
    },
  },
  Operation: { tag: "op" },
  Multi: { most: { parts: "multiPartsMax" } },
  MultiPart: { tag: "op", unknown: "unsupported" },
  SetAcl: { most: { acl: "aclItemsMax" } },
  CreateWithAcl: {
    oneofs: { operation: { property: "create", type: "PlainCreate", tag: "op" } },
    most: { acl: "aclItemsMax" },
  },
  Read: { absent: ["after", "limit", "parts", "watches"], most: { parts: "multiPartsMax", watches: "multiPartsMax" } },
  ServerFrame: { list: true },
  ServerMessage: { tag: "type", wrap: { refused: "failure", event: "event" }, bound: true },
  Failure: { checked: { code: { type: "ErrorCode", by: "errorCode" } } },
  Reply: {
    group: result,
  },
  ChildNames: { list: true },
  PartResults: { list: true },
  AclItems: { list: true },
  AdminRequest: { oneofs: { request: { property: "request", type: "AdminAction", tag: "type" } } },
  MemberAddress: { absent: ["zookeeperAddress"] },
  AddMember: { required: ["member"] },
  JoiningMember: { required: ["member"] },
  ReplaceMember: { required: ["member"] },
  AdminReply: { absent: ["leader"] },

  LogEntry: {
    strict: true,
    by: {
      module: "protocol/entry-codec.ts",
      type: "Entry",
      read: "readEntry",
      write: "writeEntry",
      bound: "boundOfEntry",
    },
  },
  Member: { absent: ["incarnation", "zookeeperAddress"] },
  Configuration: { absent: ["wantedVoters", "retired"] },
  Command: { oneofs: { command: { property: "body", type: "CommandBody", tag: "type" } }, pieces: ["timeMs"] },
  AttachSession: { absent: ["takeover"] },
  Stat: { absent: ["container", "ttlMs"] },
  ClientIdentity: { shared: true },
  Write: { required: ["operation"], absent: ["diskFull", "identities"] },

  PeerFrame: { list: true },
  PeerMessage: { tag: "type", names: "types", bound: true },

  LogBase: { required: ["configuration"] },
  Identity: { absent: ["incarnation", "joining", "origin"] },
  CheckpointHead: { required: ["configuration"] },
  Segment: { pieces: ["removedPaths", "endedSessions", "znodes", "sessions", "guarded"] },
  SessionRow: { bound: true, sized: true },
  ZnodeRow: { parts: ["data"], absent: ["container", "ttlMs", "acl"], sized: true },
  RememberedAnswer: { group: result },
  BackupRecord: { tag: "type" },
  BackupHeader: { required: ["head"] },
};
