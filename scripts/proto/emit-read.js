// Writes the functions that read a message. Fields may come in any order, the last one counts, unknown ones are skipped.

import { defaults } from "./emit-write.js";

const methods = {
  uint64: "uint",
  uint32: "uint32",
  int32: "int32",
  sint32: "sint32",
  fixed32: "fixed32",
  bool: "bool",
  string: "string",
  bytes: "bytes",
  part: "part",
};

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

function wireType(field) {
  if (field.kind === "enum") return VARINT;
  if (field.kind === "message" || ["string", "bytes", "part"].includes(field.scalar)) return LENGTH_DELIMITED;
  return field.scalar === "fixed32" ? FIXED32 : VARINT;
}

/** "ReadKind" as "read kind". */
function inWords(name) {
  return name.replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}

function withArticle(name) {
  const words = inWords(name);
  return `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
}

/** `read<Message>(reader)`: reads the message under way to its end. */
export function readFunction(message, messages, { type, typeOf }) {
  const { name, rules } = message;
  const body = rules.list
    ? readList(message, messages, typeOf)
    : rules.tag
      ? readUnion(message, messages)
      : readRecord(message, messages, typeOf);
  if (!rules.shared) return `export function read${name}(reader: WireReader): ${type} {\n${body}}\n`;
  return (
    `const shared${name} = new SharedValues<${type}>(readNew${name});\n\n` +
    `export function read${name}(reader: WireReader): ${type} {\nreturn shared${name}.read(reader);\n}\n\n` +
    `function readNew${name}(reader: WireReader): ${type} {\n${body}}\n`
  );
}

function loop(cases, otherwise = "reader.skip(tag);\n") {
  return `while (reader.more()) {\nconst tag = reader.tag();\nswitch (tag) {\n${cases.join("")}default:\n${otherwise}}\n}\n`;
}

/** What is done with a field that this version does not know. */
function withUnknown({ name, rules }) {
  return rules.strict ? `throw malformed("${withArticle(name)} with a field that is not known");\n` : undefined;
}

function readList(message, messages, typeOf) {
  const [field] = message.fields;
  return `const ${field.name}: ${typeOf(field)}[] = [];\n${loop(casesOf(field, messages))}return ${field.name};\n`;
}

function readUnion(message, messages) {
  const [oneof] = message.oneofs;
  const cases = oneof.fields.flatMap((field) => alternativeCase(oneof, field, "found", messages));
  const { unknown } = message.rules;
  const what = `${withArticle(message.name)} of no known kind`;
  const otherwise =
    unknown === undefined
      ? `throw malformed("${what}");\n`
      : `{\nif (!isEmpty) reader.passOver("${what}");\nreturn { ${oneof.tag}: "${unknown}" };\n}\n`;
  const before = unknown === undefined ? "" : "const isEmpty = !reader.more();\n";
  return `${before}let found: ${message.type} | undefined;\n${loop(cases)}if (found === undefined) ${otherwise}return found;\n`;
}

function readRecord(message, messages, typeOf) {
  const { fields, oneofs, rules, literal } = message;
  const own = fields.filter((field) => field.oneof === undefined);
  let code = rules.sized ? "const size = reader.left;\n" : "";
  code += own.map((field) => declaration(field, typeOf)).join("");
  for (const { property, type } of oneofs) code += `let ${property}: ${type} | undefined;\n`;
  const cases = own.flatMap((field) => casesOf(field, messages));
  for (const oneof of oneofs)
    cases.push(...oneof.fields.flatMap((field) => alternativeCase(oneof, field, oneof.property, messages)));
  code += loop(cases, withUnknown(message));
  for (const field of own) {
    if (field.presence === "required")
      code += missing(field.name, `${withArticle(message.name)} without its ${field.name}`);
    // The empty string, say, may be no word of its type.
    if (field.checked) code += `const ${field.name} = ${field.checked.by}(${field.name}Text);\n`;
  }
  for (const { property } of oneofs) code += missing(property, `${withArticle(message.name)} of no known kind`);
  if (rules.group) code += groupValue(rules.group);
  const optional = own.filter((field) => !field.grouped && ["optional", "absent"].includes(field.presence));
  const properties = [
    ...(literal ? [`${literal.tag}: "${literal.name}"`] : []),
    ...own.filter((field) => !field.grouped && !optional.includes(field)).map((field) => field.name),
    ...oneofs.map((oneof) => oneof.property),
    ...(rules.group ? [rules.group.property] : []),
    ...(rules.sized ? ["size"] : []),
  ];
  const value = properties.length === 0 ? "{}" : `{ ${properties.join(", ")} }`;
  if (optional.length === 0) return `${code}return ${value};\n`;
  code += `const made: Writable<${message.type}> = ${value};\n`;
  for (const field of optional) code += `if (${isThere(field)}) made.${field.name} = ${field.name};\n`;
  return `${code}return made;\n`;
}

function missing(name, what) {
  return `if (${name} === undefined) throw malformed("${what}");\n`;
}

function isThere(field) {
  if (field.presence === "optional" || field.repeated) return `${field.name} !== undefined`;
  if (["string", "bytes", "part"].includes(field.scalar)) return `${field.name}.length > 0`;
  return field.scalar === "bool" ? field.name : `${field.name} !== 0`;
}

/** A list that is mostly not there, or has one item: there is no array until then, and none that has room for more. */
function isAbsentList(field) {
  return field.repeated && field.presence === "absent";
}

function declaration(field, typeOf) {
  const type = typeOf(field);
  if (field.repeated) {
    const list = `${type.includes(" ") ? `(${type})` : type}[]`;
    return isAbsentList(field) ? `let ${field.name}: ${list} | undefined;\n` : `const ${field.name}: ${list} = [];\n`;
  }
  if (field.presence === "optional" || field.presence === "required" || field.grouped) {
    return `let ${field.name}: ${type} | undefined;\n`;
  }
  if (field.checked) return `let ${field.name}Text = "";\n`;
  if (field.kind === "enum") return `let ${field.name}: ${type} = "${field.enumType.first}";\n`;
  return `let ${field.name}: ${type} = ${defaults[field.scalar] ?? "0"};\n`;
}

function groupValue({ property, type, alone, rest }) {
  const set = rest.map((name) => `if (${name} !== undefined) made.${name} = ${name};\n`).join("");
  return (
    `let ${property}: ${type};\nif (${alone} !== undefined) ${property} = { ${alone} };\n` +
    `else {\nconst made: Writable<Exclude<${type}, { readonly ${alone}: {} }>> = {};\n${set}${property} = made;\n}\n`
  );
}

/** The value of a field that has just begun, as an expression; a nested message is entered already. */
function readingOf(field, messages) {
  if (field.kind === "enum")
    return `named(namesOf${field.enumType.type}, reader.uint(), "${inWords(field.enumType.type)}")`;
  if (field.kind === "scalar") return `reader.${methods[field.scalar]}()`;
  const { by } = messages.get(field.target).rules;
  return `${by ? by.read : `read${field.target}`}(reader)`;
}

function readCase(field, statement) {
  const tag = (field.id << 3) | wireType(field);
  if (field.kind !== "message") return `case ${tag}:\n${statement}break;\n`;
  return `case ${tag}: {\nconst outer = reader.enter();\n${statement}reader.leave(outer);\nbreak;\n}\n`;
}

function casesOf(field, messages) {
  const value = readingOf(field, messages);
  if (!field.repeated) return [readCase(field, `${field.name}${field.checked ? "Text" : ""} = ${value};\n`)];
  // A nested message is left as well if nothing of it was read.
  const unlessTooMany = field.most === undefined ? "" : `if (${field.name}.length <= limits.${field.most}) `;
  const first = isAbsentList(field) ? `if (${field.name} === undefined) ${field.name} = [${value}];\nelse ` : "";
  const cases = [readCase(field, `${first}${unlessTooMany}${field.name}.push(${value});\n`)];
  // A list of numbers is packed, or in older encoders one field each.
  if (wireType(field) !== LENGTH_DELIMITED) {
    const item = `${field.name}.push(${value});\n`;
    const packed = `while (reader.more()) ${first === "" ? item : `{\n${first}${item}}\n`}`;
    cases.push(
      `case ${(field.id << 3) | LENGTH_DELIMITED}: {\nconst outer = reader.enter();\n${packed}reader.leave(outer);\nbreak;\n}\n`,
    );
  }
  return cases;
}

function alternativeCase(oneof, field, target, messages) {
  const value = readingOf(field, messages);
  const made = field.wrapped === undefined ? value : `{ ${oneof.tag}: "${field.tagName}", ${field.wrapped}: ${value} }`;
  return [readCase(field, `${target} = ${made};\n`)];
}
