// Pages that are made of the code, whole.

/** Each with its text: `[path, text]`. What is wrong in their sources goes to `problems`, a sentence each. */
export async function generatedPages(_root, _problems) {
  return [];
}
