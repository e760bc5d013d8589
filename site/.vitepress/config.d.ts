interface Token {
  type: string;
  info: string;
  content: string;
  children: LinkToken[] | null;
}
interface LinkToken {
  type: string;
  tag: string;
  attrs: [string, string][] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}
interface Markdown {
  readonly core: {
    readonly ruler: {
      push(name: string, rule: (state: { tokens: Token[]; env: { path?: string } }) => void): void;
    };
  };
}
interface Item {
  readonly text: string;
  readonly link?: string;
  readonly items?: readonly Item[];
}
declare const config: {
  readonly markdown: { readonly config: (md: Markdown) => void };
  readonly themeConfig: { readonly nav: readonly Item[]; readonly sidebar: readonly Item[] };
};
export default config;
