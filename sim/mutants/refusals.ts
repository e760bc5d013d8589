/** What operators are refused, and by which word: they believe it. */
import type { Mutant } from "./mutant.ts";

export const refusals: readonly Mutant[] = [
  {
    id: "RF1",
    title: "whoever adds a server that is new is told that its id is taken",
    source: "ours (made by a rule, and lived)",
    file: "src/node/membership-requests.ts",
    find: "      if (isMember(request.member.id)) return addedAlready(wanted, request.member, request.observer);\n",
    replace: "      if (!isMember(request.member.id)) return addedAlready(wanted, request.member, request.observer);\n",
    expects: ["refusals"],
    kind: "safety",
    lesson:
      "Whatever is refused is not done, and nothing that is safe breaks. But an operator who is told that an id is taken looks for who has it.",
  },
  {
    id: "RF2",
    title: "an address that stays a member's own counts as taken when it moves",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/membership.ts",
    find: "        other.id !== member.id &&\n",
    replace: "",
    expects: ["refusals"],
    kind: "safety",
    lesson:
      "A machine gets another address for one of two purposes and keeps the other. Compared with itself as it was, it would be in its own way.",
  },
  {
    id: "RF3",
    title: "a leader without a change under way says that one is",
    source: "ours",
    file: "src/raft/membership.ts",
    find: "  if (state.log.configurationIndex > state.commitIndex || configuration.oldVoters.length > 0)\n    return { code",
    replace:
      "  if (state.log.configurationIndex <= state.commitIndex || configuration.oldVoters.length > 0)\n    return { code",
    expects: ["refusals", "membership"],
    kind: "safety",
    lesson: "Whoever is told to wait for the end of a change waits. If there is none, nothing ever ends the waiting.",
  },
  {
    id: "RF4",
    title: "whoever is to leave by a reconfiguration stays",
    source: "ours (made by a rule, and lived)",
    file: "src/node/membership-requests.ts",
    find: "if (!stays(member)) wanted = withRemoved(wanted, member.id);",
    replace: "if (!stays(member)) wanted = { ...wanted };",
    expects: ["refusals"],
    kind: "safety",
    lesson:
      "A change that is carried out without fault may be another than was asked for. Raft keeps every promise about members that nobody wanted.",
  },
  {
    id: "RF5",
    title: "a member that is to listen elsewhere stays where it was",
    source: "ours (made by a rule, and lived)",
    file: "src/raft/membership-change.ts",
    find: "const sameMembers = moved.length === 0 && sameIds(current.learners, learners);",
    replace: "const sameMembers = sameIds(current.learners, learners);",
    expects: ["refusals"],
    kind: "safety",
    lesson:
      "A change is taken for none where what it changes is not looked at. The operator is told that it was taken, and goes home.",
  },
];
