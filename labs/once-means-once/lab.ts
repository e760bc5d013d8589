import type { Lab } from "../lab.ts";

const file = "src/znode/exactly-once.ts";

export const onceMeansOnce: Lab = {
  name: "once-means-once",
  title: "Asking again without doing it twice",
  chapter: 9,
  promise:
    "A request takes effect once, in the order of its session, however often it is in the log. So a client whose answer got lost may simply ask again.",
  blanks: [
    {
      file,
      symbol: "standing",
      task: [
        "Where request `requestId` of this session stands. A session numbers its requests 1, 2, 3 …; `session.lastRequestId` is the last one that was applied, and `session.results` has, by number, the answers that the client has not acknowledged.",
        'If it is the next one: `{ type: "next" }`, unless the session has no room for the answer of its `operation` (`hasRoom` says so); then it is `full(session)`. If requests before it are missing: a "gap", with the number that is expected. If it was applied before: a "duplicate" with the answer that is remembered; and if that is not there any more, because the client said that it has it, `forgotten(requestId)`.',
      ],
    },
  ],
  hints: [
    "The log may contain: request 3, request 2, request 3, request 4, request 3. What happens at each, if 1 was applied?",
    "Compare with `lastRequestId + 1`: above it a gap, equal to it the next, below it a duplicate.",
    "A duplicate must never be applied, not even if its answer is gone: that the answer is gone proves that it was applied.",
  ],
  tests: [{ file: "test/unit/znode-sessions.test.ts" }, { file: "test/property/znode-sessions.test.ts" }],
  scenes: ["lost-answer"],
  seeds: { from: 1, count: 24 },
  wrong: [
    {
      title: "whatever is asked is done",
      file,
      find: "  const expected = session.lastRequestId + 1;\n",
      replace: "  const expected = requestId;\n",
      test: "a duplicate gets the first answer",
    },
    {
      title: "a gap is passed over",
      file,
      find: '  if (requestId > expected) return { type: "gap", expected };\n  if (requestId === expected)',
      replace: "  if (requestId >= expected)",
      test: "behind a gap",
    },
    {
      title: "what was forgotten is done once more",
      file,
      find: "return remembered === undefined ? forgotten(requestId) :",
      replace: "return remembered === undefined ? next :",
      test: "an acknowledged answer is forgotten",
    },
    {
      title: "there is no end to what is remembered",
      file,
      find: "return hasRoom(session, operation) ? next : full(session);",
      replace: "return next;",
      test: "bounded number",
    },
  ],
};
