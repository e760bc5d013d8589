export function paperMapPage(
  root: string,
  read: (path: string) => string,
  built: (path: string) => Promise<unknown>,
  problems: string[],
): Promise<string>;
