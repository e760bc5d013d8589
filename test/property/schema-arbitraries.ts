/** Any message of the schema, in the shape that protobufjs gives it: derived from the schema itself. */
import fc from "fast-check";
import protobuf from "protobufjs";
import { messages as mapping } from "../../scripts/proto/mapping.js";
import { errorCodes } from "../../src/base/errors.ts";
import { encodeProto, schema } from "../support/schema.ts";

const edges = [1, 127, 128, 2 ** 14 - 1, 2 ** 14, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 42, 2 ** 49, 2 ** 53 - 1];
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "binary", maxLength: 120 }));

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  uint64: fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.constantFrom(...edges)),
  uint32: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  fixed32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int32: fc.oneof(fc.integer({ min: -2, max: 130 }), fc.integer()),
  sint32: fc.oneof(fc.integer({ min: -2, max: 130 }), fc.integer()),
  bool: fc.boolean(),
  string: text,
  bytes: fc.uint8Array({ maxLength: 300 }),
};

/** Strings that only some words will do for: see `checked` in the mapping. */
const words: Readonly<Record<string, fc.Arbitrary<string>>> = { ErrorCode: fc.constantFrom(...errorCodes) };

/** All message types, by name. */
export const messageTypes: readonly protobuf.Type[] = typesOf(schema);

function typesOf(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((nested) =>
    nested instanceof protobuf.Type ? [nested, ...typesOf(nested)] : [],
  );
}

const made = new Map<string, fc.Arbitrary<object>>();

/** Any message of a type that our code accepts: with what the mapping says is required, and one alternative of each oneof. */
export function anyMessage(type: protobuf.Type): fc.Arbitrary<object> {
  const known = made.get(type.name);
  if (known !== undefined) return known;
  const arbitrary = type.name === "LogEntry" ? logEntry() : plain(type);
  made.set(type.name, arbitrary);
  return arbitrary;
}

function plain(type: protobuf.Type): fc.Arbitrary<object> {
  const { group, required = [], checked = {} } = mapping[type.name] ?? {};
  const free = type.fieldsArray.filter((field) => field.partOf === null || field.partOf.isProto3Optional);
  const values = fc.record(Object.fromEntries(free.map((field) => [field.name, anyValue(type, field)])), {
    requiredKeys: [...required, ...Object.keys(checked)],
  });
  const oneofs = type.oneofsArray
    .filter((oneof) => !oneof.isProto3Optional)
    .map((oneof) => fc.oneof(...oneof.fieldsArray.map((field) => fc.record({ [field.name]: anyValue(type, field) }))));
  return fc.tuple(values, ...oneofs, fc.boolean()).map((parts) => {
    const either = parts.at(-1) === true;
    const message: Record<string, unknown> = Object.assign({}, ...parts.slice(0, -1));
    for (const name of group === undefined ? [] : either ? group.rest : [group.alone]) delete message[name];
    for (const field of free) if (isDefault(field, message[field.name])) delete message[field.name];
    return message;
  });
}

/** The default is not written: proto3. */
function isDefault(field: protobuf.Field, value: unknown): boolean {
  if (field.partOf !== null || field.resolvedType instanceof protobuf.Type) return false;
  return value === 0 || value === false || value === "" || (value instanceof Uint8Array && value.length === 0);
}

function anyValue(type: protobuf.Type, field: protobuf.Field): fc.Arbitrary<unknown> {
  const item = itemOf(type, field);
  return field.repeated ? fc.array(item, { maxLength: 4 }) : item;
}

function itemOf(type: protobuf.Type, field: protobuf.Field): fc.Arbitrary<unknown> {
  field.resolve();
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) return fc.constantFrom(...Object.values(resolvedType.values));
  if (resolvedType instanceof protobuf.Type) return anyMessage(resolvedType);
  const checked = mapping[type.name]?.checked?.[field.name];
  const arbitrary = checked === undefined ? scalars[field.type] : words[checked.type];
  if (arbitrary === undefined) throw new Error(`${type.name}.${field.name}: no arbitrary for it`);
  return arbitrary;
}

/** What an entry holds depends on its kind. */
function logEntry(): fc.Arbitrary<object> {
  const position = fc.integer({ min: 1, max: 2 ** 53 - 1 });
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 5 });
  const configuration = ids.map((unsorted) => {
    const voters = unsorted.toSorted((a, b) => a - b);
    return encodeProto("Configuration", { members: unsorted.map((id) => ({ id, peerAddress: "p" })), voters });
  });
  const data = fc.uint8Array({ minLength: 1, maxLength: 100 });
  return fc.oneof(
    fc.record({ index: position, term: position }),
    fc.record({ index: position, term: position, kind: fc.constant(1), data }),
    fc.record({ index: position, term: position, kind: fc.constant(2), data: configuration }),
  );
}
