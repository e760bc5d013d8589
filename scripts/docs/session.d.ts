export interface Command {
  readonly command: string;
  readonly printed: readonly string[];
}
export function commandsOf(body: string): Command[];
export function sessionBody(commands: readonly Command[]): string;
export function sameOutput(some: readonly string[], other: readonly string[]): boolean;
export function renewed(printed: readonly string[], said: readonly string[]): string[];
