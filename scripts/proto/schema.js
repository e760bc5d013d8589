// Reads proto/*.proto through protobufjs and joins them with the mapping: what the emitters write code from.

import protobuf from "protobufjs";
import * as mapping from "./mapping.js";

/** Names that the generated functions use themselves. */
const reserved = new Set("reader size tag outer made found default delete new in do".split(" "));

/** For each type that is written by hand, the module below src/ that declares it. */
const moduleOf = new Map(
  Object.entries(mapping.handwrittenTypes).flatMap(([module, types]) => types.map((type) => [type, module])),
);

/** UPPER_SNAKE as camelCase. */
function camelCase(name) {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** The parsed schema of the files in `folder`, as protobufjs reflects it. */
export function loadProtos(folder, names) {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => (target.startsWith(folder) ? target : `${folder}${target}`);
  root.loadSync(names, { alternateCommentMode: true });
  return root.resolveAll().lookup("terrarium");
}

/**
 * The messages and enums of a namespace, by the name of the file that declares them: `{ messages, enums }` each. Throws
 * what a developer has to mend.
 */
export function readSchema(namespace) {
  const files = new Map();
  const messages = new Map();
  for (const { type, parent } of typesOf(namespace)) {
    const file = fileOf(type, files);
    if (type instanceof protobuf.Enum) file.enums.push(enumOf(type, parent));
    else {
      const message = messageOf(type);
      file.messages.push(message);
      messages.set(message.name, message);
    }
  }
  for (const name of Object.keys(mapping.messages)) {
    if (!messages.has(name)) throw new Error(`scripts/proto/mapping.js speaks of ${name}, and no .proto has it`);
  }
  for (const message of messages.values()) linkAlternatives(message, messages);
  return files;
}

function* typesOf(namespace, parent) {
  for (const nested of namespace.nestedArray) {
    if (nested instanceof protobuf.Enum || nested instanceof protobuf.Type) yield { type: nested, parent };
    if (nested instanceof protobuf.Type) yield* typesOf(nested, nested);
  }
}

function fileOf(type, files) {
  const name = /([^/]+)\.proto$/.exec(type.filename)?.[1];
  const file = files.get(name) ?? { messages: [], enums: [] };
  files.set(name, file);
  return file;
}

function enumName(type, parent = type.parent) {
  const name = parent instanceof protobuf.Type ? `${parent.name}.${type.name}` : type.name;
  return { name, type: mapping.enums[name] ?? name.replace(".", "") };
}

function enumOf(type, parent) {
  const values = Object.entries(type.values).sort(([, a], [, b]) => a - b);
  if (values.some(([, number], i) => number !== i)) throw new Error(`${type.name}: the values must be 0, 1, 2 …`);
  const names = enumName(type, parent);
  return { ...names, module: moduleOf.get(names.type), values: values.map(([name]) => camelCase(name)) };
}

function messageOf(type) {
  const rules = mapping.messages[type.name] ?? {};
  const tsType = rules.by?.type ?? type.name;
  const message = {
    name: type.name,
    type: tsType,
    module: moduleOf.get(tsType),
    comment: type.comment,
    rules,
    fields: type.fieldsArray.map((field) => fieldOf(field, rules)).sort((a, b) => a.id - b.id),
    oneofs: [],
    /** The property that tells it from the other alternatives of its union, once it is known to be one. */
    literal: undefined,
  };
  for (const oneof of type.oneofsArray) {
    if (oneof.isProto3Optional) continue;
    const rule = rules.tag === undefined ? rules.oneofs?.[oneof.name] : { ...rules, type: message.type };
    if (rule === undefined)
      throw new Error(`scripts/proto/mapping.js does not say how ${type.name}.${oneof.name} looks`);
    const fields = message.fields.filter((field) => field.oneof === oneof.name);
    message.oneofs.push({ name: oneof.name, module: moduleOf.get(rule.type), ...rule, fields });
  }
  checkFields(message);
  return message;
}

function fieldOf(field, rules) {
  const { name, id, type, repeated, resolvedType } = field;
  const oneof = field.partOf && !field.partOf.isProto3Optional ? field.partOf.name : undefined;
  const kind =
    resolvedType instanceof protobuf.Enum ? "enum" : resolvedType instanceof protobuf.Type ? "message" : "scalar";
  return {
    name,
    id,
    kind,
    scalar: rules.parts?.includes(name) ? "part" : type,
    target: resolvedType?.name,
    enumType: kind === "enum" ? enumName(resolvedType) : undefined,
    repeated,
    presence: presenceOf(field, kind, oneof, rules),
    checked: rules.checked?.[name],
    most: rules.most?.[name],
    oneof,
    grouped: rules.group !== undefined && [rules.group.alone, ...rules.group.rest].includes(name),
    comment: field.comment,
  };
}

/**
 * - `always`: there, with the default of proto3 if it is not on the wire;
 * - `optional`: an optional property that is on the wire whenever it is there;
 * - `absent`: an optional property, absent when it has the default;
 * - `required`: malformed without.
 */
function presenceOf(field, kind, oneof, rules) {
  if (rules.absent?.includes(field.name)) return "absent";
  if (field.repeated) return "always";
  if (oneof !== undefined || rules.required?.includes(field.name)) return "required";
  return kind === "message" || field.partOf?.isProto3Optional ? "optional" : "always";
}

function checkFields({ name, fields, rules, oneofs }) {
  const wrong = (sentence) => {
    throw new Error(`${name}: ${sentence}`);
  };
  for (const field of fields)
    if (reserved.has(field.name) && field.oneof === undefined) wrong(`${field.name} is a word of the generator`);
  for (const name of Object.keys(rules.most ?? {}))
    if (!fields.some((field) => field.name === name && field.repeated && field.kind === "message"))
      wrong(`${name} is no list of messages`);
  for (const name of rules.group ? [rules.group.alone, ...rules.group.rest] : [])
    if (!fields.some((field) => field.name === name)) wrong(`${name} of its group is missing`);
  if (rules.list && !(fields.length === 1 && fields[0].repeated)) wrong("a list has one repeated field");
  if (rules.tag && !(oneofs.length === 1 && fields.length === oneofs[0].fields.length)) wrong("a union is one oneof");
}

/** Tells the alternatives of a message's unions which they are. */
function linkAlternatives(message, messages) {
  for (const oneof of message.oneofs) {
    for (const field of oneof.fields) {
      field.tagName = oneof.names === "types" ? field.target : field.name;
      field.wrapped = oneof.wrap?.[field.name];
      if (field.wrapped !== undefined) continue;
      const alternative = messages.get(field.target);
      if (alternative === undefined) throw new Error(`${message.name}.${field.name} is no message: \`wrap\` it`);
      if (alternative.literal !== undefined) {
        // In both unions it is the same type.
        if (alternative.literal.tag === oneof.tag && alternative.literal.name === field.tagName) continue;
        throw new Error(`${field.target} is an alternative of two unions: \`wrap\` it in ${message.name}`);
      }
      alternative.literal = { tag: oneof.tag, name: field.tagName };
      alternative.union = { type: oneof.type, module: oneof.module };
    }
  }
}
