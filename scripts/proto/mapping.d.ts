export interface MessageRules {
  readonly list?: boolean;
  readonly required?: readonly string[];
  readonly group?: { readonly property: string; readonly alone: string; readonly rest: readonly string[] };
  readonly checked?: Readonly<Record<string, { readonly type: string; readonly by: string }>>;
  readonly pieces?: readonly string[];
  readonly strict?: boolean;
}

export const messages: Readonly<Record<string, MessageRules | undefined>>;
