// The types of messages, as the generated code declares them.

const scalarTypes = {
  uint64: "number",
  uint32: "number",
  int32: "number",
  sint32: "number",
  fixed32: "number",
  bool: "boolean",
  string: "string",
  bytes: "Uint8Array",
  part: "Part",
};

/** The type of one item of a field. `messages`: all, by name. */
export function itemType(field, messages) {
  if (field.kind === "enum") return field.enumType.type;
  if (field.kind === "message") return messageType(messages.get(field.target), messages);
  if (field.checked !== undefined) return field.checked.type;
  const type = scalarTypes[field.scalar];
  if (type === undefined) throw new Error(`${field.name}: the generator does not know the type ${field.scalar}`);
  return type;
}

/** The type of a message. */
export function messageType(message, messages) {
  return message.rules.list ? `readonly ${itemType(message.fields[0], messages)}[]` : message.type;
}

/** The type of a field. */
export function fieldType(field, messages) {
  const type = itemType(field, messages);
  if (!field.repeated) return type;
  return type.includes(" ") ? `readonly (${type})[]` : `readonly ${type}[]`;
}

/** The names of all properties of a message's type. */
export function propertyNames(message) {
  const { literal, fields, oneofs, rules } = message;
  const own = fields.filter((field) => field.oneof === undefined && !field.grouped).map((field) => field.name);
  const names = [...(literal ? [literal.tag] : []), ...own, ...oneofs.map((oneof) => oneof.property)];
  return rules.group ? [...names, rules.group.property] : names;
}

function doc(comment, indent = "") {
  if (!comment) return "";
  const lines = comment.split("\n");
  if (lines.length === 1) return `${indent}/** ${comment} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

/** Declares what a message needs: nothing if its type is written by hand. */
export function declarations(message, messages) {
  if (message.rules.list || message.rules.by) return [];
  if (message.rules.group) return [...plainDeclarations(message, messages), completeGroup(message)];
  return plainDeclarations(message, messages);
}

function plainDeclarations(message, messages) {
  if (message.rules.tag)
    return message.module === undefined ? [unionType(message.type, message.oneofs[0], messages)] : [];
  const unions = message.oneofs
    .filter((oneof) => oneof.module === undefined)
    .map((oneof) => unionType(oneof.type, oneof, messages));
  if (message.module !== undefined) return [...unions, complete(message)];
  if (message.literal !== undefined && message.union.module !== undefined) {
    const { tag, name } = message.literal;
    const extract = `export type ${message.type} = Extract<${message.union.type}, { readonly ${tag}: "${name}" }>;\n`;
    return [...unions, extract, complete(message)];
  }
  return [...unions, interfaceOf(message, messages)];
}

function unionType(name, oneof, messages) {
  const alternatives = oneof.fields.map((field) =>
    field.wrapped === undefined
      ? field.target
      : `{ readonly ${oneof.tag}: "${field.tagName}"; readonly ${field.wrapped}: ${itemType(field, messages)} }`,
  );
  return `export type ${name} = ${alternatives.join(" | ")};\n`;
}

function interfaceOf(message, messages) {
  const lines = [];
  if (message.literal) lines.push(`  readonly ${message.literal.tag}: "${message.literal.name}";\n`);
  for (const field of message.fields) {
    if (field.oneof !== undefined || field.grouped) continue;
    const mark = field.presence === "optional" || field.presence === "absent" ? "?" : "";
    lines.push(`${doc(field.comment, "  ")}  readonly ${field.name}${mark}: ${fieldType(field, messages)};\n`);
  }
  for (const oneof of message.oneofs) lines.push(`  readonly ${oneof.property}: ${oneof.type};\n`);
  const { group } = message.rules;
  if (group) lines.push(`  readonly ${group.property}: ${group.type};\n`);
  if (message.rules.sized) lines.push("  /** Bytes that it took where it was read. */\n  readonly size?: number;\n");
  return `${doc(message.comment)}export interface ${message.type} {\n${lines.join("")}}\n`;
}

/** Does not compile when the type of a group has a property that the group has not, or the other way round. */
function completeGroup({ name, rules: { group } }) {
  const names = [group.alone, ...group.rest].map((field) => `"${field}"`).join(" | ");
  const type = `Exclude<${group.type}, { readonly ${group.alone}: {} }>`;
  return `export type GroupOf${name}IsComplete = True<Same<keyof ${type}, ${names}>>;\n`;
}

/** Does not compile when a type that is written by hand has a property that the message has not, or the other way round. */
function complete(message) {
  const names = propertyNames(message).map((name) => `"${name}"`);
  return `export type ${message.name}IsComplete = True<Same<keyof ${message.type}, ${names.join(" | ") || "never"}>>;\n`;
}
