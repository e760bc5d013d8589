// Vitest calls this once before the tests: they import generated code, which is not committed.
export { generateProto as setup } from "./proto.js";
