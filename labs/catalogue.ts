/** All labs, in the order of the book. */
import { grantAVote } from "./grant-a-vote/lab.ts";
import type { Lab } from "./lab.ts";

export const allLabs: readonly Lab[] = [grantAVote];
