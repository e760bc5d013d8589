export function apiPage(read: (path: string) => string, problems: string[]): string;
