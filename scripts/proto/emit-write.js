// Writes the functions that write a message: from its last byte to its first, see src/protocol/wire-writer.ts.

const methods = {
  uint64: "uint",
  uint32: "uint",
  int32: "int32",
  sint32: "sint32",
  fixed32: "fixed32",
  bool: "bool",
  string: "string",
  bytes: "bytes",
  part: "part",
};

/** The defaults of proto3, as code. */
export const defaults = { bool: "false", string: '""', bytes: "emptyBytes", part: "emptyPart" };

/** `write<Message>(writer, message)`. */
export function writeFunction(message, messages, type) {
  const { name, fields, rules } = message;
  const body = rules.list
    ? writeField(fields[0], "message", messages)
    : rules.tag
      ? writeUnion(message.oneofs[0], "message", message.oneofs[0].fields, messages)
      : writeRecord(message, messages);
  const unused = body === "" ? "_" : "";
  return `export function write${name}(${unused}writer: WireWriter, ${unused}message: ${type}): void {\n${body}}\n`;
}

/** Fields in descending order; neighbours that belong to one oneof or group are written together. */
function writeRecord(message, messages) {
  const { group } = message.rules;
  let code = message.oneofs.map((oneof) => `const ${oneof.property} = message.${oneof.property};\n`).join("");
  if (group) code += `const ${group.property} = message.${group.property};\n`;
  let grouped = false;
  for (const run of runsOf(message.fields.toReversed())) {
    const oneof = message.oneofs.find((each) => each.name === run[0].oneof);
    if (oneof !== undefined) code += writeUnion(oneof, oneof.property, run, messages);
    else if (run[0].grouped) {
      if (grouped) throw new Error(`${message.name}: the fields of its group must have neighbouring numbers`);
      grouped = true;
      code += writeGroup(group, run, messages);
    } else code += writeField(run[0], `message.${run[0].name}`, messages);
  }
  return code;
}

function runsOf(fields) {
  const runs = [];
  for (const field of fields) {
    const last = runs.at(-1);
    const together = field.grouped || field.oneof !== undefined;
    const goesOn = last !== undefined && last[0].oneof === field.oneof && last[0].grouped === field.grouped;
    if (together && goesOn) last.push(field);
    else runs.push([field]);
  }
  return runs;
}

function writeGroup(group, fields, messages) {
  const write = (field) => {
    const presence = field.presence === "always" ? "absent" : "optional";
    return writeField({ ...field, presence }, `${group.property}.${field.name}`, messages);
  };
  const alone = fields.find((field) => field.name === group.alone);
  const rest = fields.filter((field) => field !== alone).map(write);
  return `if (${group.property}.${group.alone} !== undefined) {\n${writeField({ ...alone, presence: "required" }, `${group.property}.${group.alone}`, messages)}} else {\n${rest.join("")}}\n`;
}

/** A switch over all alternatives of a union, so that a forgotten one does not compile; `run` are those to write. */
function writeUnion(oneof, expression, run, messages) {
  const cases = oneof.fields.map((field) => {
    if (!run.includes(field)) return `case "${field.tagName}":\nbreak;\n`;
    const value = field.wrapped === undefined ? expression : `${expression}.${field.wrapped}`;
    return `case "${field.tagName}": {\n${writeAlternative(field, value, messages)}break;\n}\n`;
  });
  // What was not known when it was read is written as nothing, and so is not known to whoever reads it then.
  if (oneof.unknown !== undefined) cases.push(`case "${oneof.unknown}":\nbreak;\n`);
  return `switch (${expression}.${oneof.tag}) {\n${cases.join("")}default:\nunreachable(${expression});\n}\n`;
}

function writeAlternative(field, value, messages) {
  return writeField({ ...field, presence: "required" }, value, messages);
}

function writeField(field, value, messages) {
  if (field.repeated) return writeRepeated(field, value, messages);
  if (field.presence === "optional") {
    return `if (${value} !== undefined) {\n${writePresent(field, value, messages)}}\n`;
  }
  if (field.presence === "required") return writePresent(field, value, messages);
  const filled = field.presence === "absent" ? `${value} ?? ${defaults[field.scalar] ?? "0"}` : value;
  if (field.kind === "enum") return `writer.uint(${field.id}, ${numbersOf(field)}[${value}]);\n`;
  return `writer.${methodOf(field)}(${field.id}, ${filled});\n`;
}

/** One value that is written even when it is the default. */
export function writePresent(field, value, messages) {
  if (field.kind === "message") {
    const { by } = messages.get(field.target).rules;
    const write = by ? by.write : `write${field.target}`;
    return `const mark = writer.mark();\n${write}(writer, ${value});\nwriter.nest(${field.id}, mark);\n`;
  }
  if (field.kind === "enum") return `writer.presentUint(${field.id}, ${numbersOf(field)}[${value}]);\n`;
  const method = methodOf(field);
  if (!["uint", "string", "bytes"].includes(method)) throw new Error(`${field.name}: no optional ${field.scalar} yet`);
  return `writer.present${method[0].toUpperCase()}${method.slice(1)}(${field.id}, ${value});\n`;
}

function writeRepeated(field, value, messages) {
  const list = field.presence === "absent" ? `${field.name}Items` : value;
  const fill = field.presence === "absent" ? `const ${list} = ${value} ?? [];\n` : "";
  if (methodOf(field) === "uint") return `${fill}writer.uints(${field.id}, ${list});\n`;
  const one = writePresent(field, "item", messages);
  return `${fill}for (let i = ${list}.length - 1; i >= 0; i--) {\nconst item = ${list}[i];\nif (item === undefined) continue;\n${one}}\n`;
}

function methodOf(field) {
  if (field.kind !== "scalar") return undefined;
  const method = methods[field.scalar];
  if (method === undefined) throw new Error(`${field.name}: the generator does not know the type ${field.scalar}`);
  return method;
}

/** The table of an enum's numbers. */
export function numbersOf(field) {
  return `numbersOf${field.enumType.type}`;
}

/** `add<Message><Field>(writer, item)`: writes a field, or one item of it, by itself. */
export function pieceFunctions(message, messages, typeOf) {
  return (message.rules.pieces ?? []).map((name) => {
    const field = message.fields.find((each) => each.name === name);
    const suffix = name[0].toUpperCase() + name.slice(1);
    const one = writePresent(field, "item", messages);
    return `export function add${message.name}${suffix}(writer: WireWriter, item: ${typeOf(field)}): void {\n${one}}\n`;
  });
}
