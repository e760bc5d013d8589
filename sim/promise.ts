/** What a promise consists of. */

export interface PromiseInWords {
  /** The checker's name, as failures give it. */
  readonly invariant: string;
  /** In one sentence, for somebody who has read the Raft paper once. */
  readonly sentence: string;
  /** Where it comes from; empty if from nowhere but here. */
  readonly from: string;
  /** The file that checks it. */
  readonly file: string;
}
