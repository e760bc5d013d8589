type Read = (path: string) => string;
export function kvctlPage(root: string): Promise<string>;
export function limitsPage(read: Read, limits: Readonly<Record<string, number>>, problems: string[]): string;
export function checkRoutes(root: string, read: Read, problems: string[]): void;
