/** The text of a function of a file, with the comment before it, and its first and last line. */
export function functionText(
  file: string,
  source: string,
  symbol: string,
): { readonly from: number; readonly to: number; readonly text: string };

/** The rules that stand beside an event, by id. `isStrict`: throws if one is not where web/play/rules.json says. */
export function rulesOf(
  root: string,
  isStrict?: boolean,
): Readonly<
  Record<
    string,
    {
      readonly file: string;
      readonly symbol: string;
      readonly text: string;
      readonly from: number;
      readonly to: number;
    }
  >
>;
