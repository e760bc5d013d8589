/** The words of a program for {@link Vocabulary}, and the paths of a session. */
import type { Command } from "commander";
import { firstWords } from "./commands/command.ts";
import type { Vocabulary } from "./completion.ts";
import type { KvSession } from "./ports.ts";

/** How long Tab waits for the cluster, milliseconds. */
export const completionPatienceMs = 1_000;

/** The vocabulary of `program`; `session` is where paths are read, undefined while there is none. */
export function vocabularyOf(program: Command, session: () => Promise<KvSession | undefined>): Vocabulary {
  const visible = program.createHelp().visibleCommands(program);
  const find = (among: readonly Command[], name: string | undefined) =>
    among.find((command) => command.name() === name || (name !== undefined && command.aliases().includes(name)));
  const longOptions = (command: Command | undefined) => command?.options.flatMap(({ long }) => long ?? []) ?? [];
  return {
    commands: [...new Set([...visible.flatMap((command) => [command.name(), ...command.aliases()]), "help"])].sort(),
    firstWords(name) {
      const command = find(visible, name);
      if (command === undefined) return [];
      return command.commands.length > 0 ? command.commands.map((sub) => sub.name()) : (firstWords.get(command) ?? []);
    },
    options(name, sub) {
      const command = find(visible, name);
      return [...longOptions(find(command?.commands ?? [], sub) ?? command), "--help"];
    },
    async children(path) {
      try {
        const open = await session();
        const options = { local: true, timeoutMs: completionPatienceMs };
        if (open === undefined) return [];
        // The first page: more would be no help.
        for await (const { children } of open.childPages(path, options)) return children;
        return [];
      } catch {
        return [];
      }
    },
  };
}
