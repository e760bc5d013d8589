/** Modules that the build makes (scripts/web/embedded.js). */

declare module "virtual:scenes" {
  /** Scenes as they stand in their files, each with its name, sorted by name. */
  export const scenes: readonly { readonly name: string; readonly scene: unknown }[];
}

declare module "virtual:rules" {
  /** By id, the rules of rules.json with their text as it stands in the repository. */
  export const rules: Readonly<Record<string, RuleText>>;
  export interface RuleText {
    readonly file: string;
    readonly symbol: string;
    /** Sections of the paper; "" where it has none. */
    readonly paper: string;
    /** First and last line of `text` in its file, from 1. */
    readonly from: number;
    readonly to: number;
    readonly text: string;
  }
}

declare module "virtual:bugs" {
  /** The bugs that can be planted, with the change that each makes to the worker's code. */
  export const bugs: readonly Bug[];
  export interface Bug {
    readonly id: string;
    readonly title: string;
    readonly source: string;
    readonly file: string;
    readonly find: string;
    readonly replace: string;
    readonly expects: readonly string[];
    readonly lesson: string;
    /** Of the worker's code: from where on how many characters give way to which. */
    readonly patch: { readonly at: number; readonly length: number; readonly text: string };
  }
}

declare module "virtual:worker" {
  /** Address of the worker's code, relative to the page's folder; "" where the bundle has the code itself. */
  export const workerAddress: string;
  /** The worker's code, where it has no address. */
  export const workerText: string;
}
