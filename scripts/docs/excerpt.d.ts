export function excerptOf(text: string, name: string, withDoc?: boolean): string | undefined;
