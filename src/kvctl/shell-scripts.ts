/** Completion scripts for the shells that people use. They ask kvctl itself what may follow. */

/** Exit code of the hidden `__complete` where the word is the name of a file. */
export const filesWanted = 64;

/** The hidden command that the scripts call: `__complete -- WORD…`, the last word being the one under completion. */
export const completeCommand = "__complete";

/** A word for a POSIX shell and for fish. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

const bash = (command: string) => `# bash completion of kvctl. In ~/.bashrc: source <(kvctl completion bash)
_kvctl() {
  local line=\${COMP_LINE:0:COMP_POINT} typed=\${COMP_WORDS[COMP_CWORD]} word offer
  # Bash breaks words at ":" and "=" too: what stands before in the same word is not for us to replace.
  word=\${line##*[[:blank:]]}
  local kept=\${word%"$typed"} words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  if [[ -n $kept && $word != "$typed" ]]; then
    read -ra words <<<"$line"
    words=("\${words[@]:1}")
  fi
  COMPREPLY=()
  while IFS= read -r offer; do
    [[ -n $offer ]] && COMPREPLY+=("$(printf '%q' "\${offer#"$kept"}")")
  done < <(${command} ${completeCommand} -- "\${words[@]}" 2>/dev/null || { [[ $? -eq ${filesWanted} ]] && compgen -f -- "$typed"; })
  # A path may go on.
  [[ $word == /* ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _kvctl kvctl
`;

const zsh = (command: string) => `#compdef kvctl
# zsh completion of kvctl. In ~/.zshrc, after compinit: source <(kvctl completion zsh)
_kvctl() {
  local -a offers
  offers=("\${(@f)$(${command} ${completeCommand} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#offers} == 0 )) || [[ -z \${offers[1]} ]]; then
    [[ \${words[CURRENT]} == /* ]] || _files
    return
  fi
  if [[ \${words[CURRENT]} == /* ]]; then compadd -S '' -- "\${offers[@]}"; else compadd -- "\${offers[@]}"; fi
}
compdef _kvctl kvctl
`;

const fish = (
  command: string,
) => `# fish completion of kvctl. In ~/.config/fish/config.fish: kvctl completion fish | source
function __kvctl_offers
  set -l words (commandline -opc) (commandline -ct)
  ${command} ${completeCommand} -- $words[2..-1] 2>/dev/null
end
complete -c kvctl -f -a '(__kvctl_offers)'
complete -c kvctl -n '__fish_seen_subcommand_from snapshot; and __fish_seen_subcommand_from save inspect' -F
`;

const scripts: Readonly<Record<string, (command: string) => string>> = { bash, zsh, fish };

/** Shells that there are scripts for. */
export const shells: readonly string[] = Object.keys(scripts);

/** The script for `shell`, which calls kvctl as `command`; undefined for one that is not among {@link shells}. */
export function completionScript(shell: string, command: readonly string[]): string | undefined {
  return scripts[shell]?.(command.map(quoted).join(" "));
}
