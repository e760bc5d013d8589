// Writes the functions that say at most how many bytes a message takes, without encoding it.

/** A number below 2^53, a negative int32, and so on, at most. */
const numberBytes = { uint64: 8, uint32: 5, int32: 10, sint32: 5, fixed32: 4, bool: 1 };
const enumBytes = 1;
/** A length, at most: frames are smaller than 2^28 bytes, but what is measured may not be a frame yet. */
const lengthBytes = 5;

function tagBytes(field) {
  return field.id < 16 ? 1 : 2;
}

/** Names of the messages of which a bound is needed: those marked, and all within them. */
export function boundedMessages(messages) {
  const names = new Set();
  const visit = (message) => {
    if (names.has(message.name) || message.rules.by) return;
    names.add(message.name);
    for (const field of message.fields) if (field.kind === "message") visit(messages.get(field.target));
  };
  for (const message of messages.values()) if (message.rules.bound) visit(message);
  return names;
}

/** `boundOf<Message>(message)`. */
export function boundFunction(message, messages, type) {
  const { name, fields, rules } = message;
  let body;
  if (rules.list) body = sum(0, [fields[0]], () => "message", messages);
  else if (rules.tag) {
    const [oneof] = message.oneofs;
    body = `switch (message.${oneof.tag}) {\n${unionCases(oneof, "message", 0, messages)}default:\nreturn unreachable(message);\n}\n`;
  } else body = recordBound(message, messages);
  const unused = body.includes("message") ? "" : "_";
  return `function boundOf${name}(${unused}message: ${type}): number {\n${body}}\n`;
}

function recordBound(message, messages) {
  const { fields, oneofs, rules } = message;
  const own = fields.filter((field) => field.oneof === undefined);
  const access = (field) => (field.grouped ? `${rules.group.property}.${field.name}` : `message.${field.name}`);
  if (rules.group) return groupBound(message, own, access, messages);
  if (oneofs.length === 0) return sum(0, own, access, messages);
  const [oneof] = oneofs;
  const { fixed, terms } = termsOf(own, access, messages);
  if (oneofs.length > 1) throw new Error(`${message.name}: no bound of such a message yet`);
  const expression = `message.${oneof.property}`;
  const counted = terms.length > 0 ? `let own = ${fixed};\n${terms.join("").replaceAll("bytes +=", "own +=")}` : "";
  const start = terms.length > 0 ? "own" : fixed;
  return `${counted}switch (${expression}.${oneof.tag}) {\n${unionCases(oneof, expression, start, messages)}default:\nreturn unreachable(${expression});\n}\n`;
}

function groupBound(message, own, access, messages) {
  const { group } = message.rules;
  const plain = own.filter((field) => !field.grouped);
  const alone = own.filter((field) => field.name === group.alone);
  const rest = own.filter((field) => field.grouped && field.name !== group.alone);
  const head = `const ${group.property} = message.${group.property};\n`;
  const { fixed } = termsOf(plain, access, messages);
  return `${head}if (${group.property}.${group.alone} !== undefined) {\n${sum(fixed, alone, access, messages)}}\n${sum(fixed, rest, access, messages)}`;
}

/** `start`: a number, or the name of one, that all of them have in common. */
function unionCases(oneof, expression, start, messages) {
  const cases = oneof.fields.map((field) => {
    const value = field.wrapped === undefined ? expression : `${expression}.${field.wrapped}`;
    return `case "${field.tagName}": {\n${sum(start, [field], () => value, messages)}}\n`;
  });
  if (oneof.unknown !== undefined) cases.push(`case "${oneof.unknown}":\nreturn ${start};\n`);
  return cases.join("");
}

function sum(start, fields, access, messages) {
  const { fixed, terms } = termsOf(fields, access, messages);
  const total = typeof start === "number" ? start + fixed : `${start} + ${fixed}`;
  const plain = terms.every((term) => term.startsWith("bytes += "));
  if (plain) return `return ${[total, ...terms.map((term) => term.slice("bytes += ".length, -2))].join(" + ")};\n`;
  return `let bytes = ${total};\n${terms.join("")}return bytes;\n`;
}

function termsOf(fields, access, messages) {
  let fixed = 0;
  const terms = [];
  for (const field of fields) {
    const value = access(field);
    const item = itemBound(field, field.repeated ? "item" : value, messages);
    if (field.repeated) {
      const guard = field.presence === "absent" || field.grouped ? `${value} ?? []` : value;
      if (item.terms === "") {
        fixed += tagBytes(field) + lengthBytes;
        terms.push(`bytes += ${item.fixed} * ${value}.length;\n`);
      } else terms.push(`for (const item of ${guard}) bytes += ${item.fixed}${item.terms};\n`);
    } else if (["optional", "absent"].includes(field.presence) || field.grouped) {
      terms.push(`if (${value} !== undefined) bytes += ${item.fixed}${item.terms};\n`);
    } else {
      fixed += item.fixed;
      if (item.terms !== "") terms.push(`bytes += ${item.terms.slice(3)};\n`);
    }
  }
  return { fixed, terms };
}

/** What one value takes: a number, and the code of what depends on it, ` + …` or nothing. */
function itemBound(field, value, messages) {
  const tag = field.repeated && numberBytes[field.scalar] !== undefined ? 0 : tagBytes(field);
  if (field.kind === "enum") return { fixed: tag + enumBytes, terms: "" };
  if (field.kind === "message") {
    const { by } = messages.get(field.target).rules;
    const inner = by ? `${by.bound}(${value})` : `boundOf${field.target}(${value})`;
    return { fixed: tag + lengthBytes, terms: ` + ${inner}` };
  }
  if (numberBytes[field.scalar] !== undefined) return { fixed: tag + numberBytes[field.scalar], terms: "" };
  // A UTF-16 unit takes three bytes of UTF-8 at most.
  const unit = field.scalar === "string" ? "3 * " : "";
  return { fixed: tag + lengthBytes, terms: ` + ${unit}${value}.length` };
}
