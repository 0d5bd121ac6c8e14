import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.ts';

const HELP = `
Completes commands, options, profiles, clusters, namespaces and Deployments; the last three come from the service. If it
cannot be asked within a second, nothing is completed.

  bash  source <(scaler completion bash)       in ~/.bashrc
  zsh   source <(scaler completion zsh)        in ~/.zshrc, after compinit
  fish  scaler completion fish | source        in ~/.config/fish/config.fish`;

/** The scripts give the words up to the cursor to `scaler __complete`, which answers `VALUE<tab>DESCRIPTION` lines. */
const SCRIPTS = {
  bash: `_scaler() {
  local IFS=$'\\n' word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$word")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # A namespace is followed by a name.
  [[ \${#COMPREPLY[@]} -ne 1 || \${COMPREPLY[0]} != */ ]] || compopt -o nospace
}
complete -o default -F _scaler scaler kubectl-scaler
`,
  zsh: `#compdef scaler kubectl-scaler
_scaler() {
  local -a values descriptions
  local value description
  while IFS=$'\\t' read -r value description; do
    values+=("$value")
    descriptions+=("$value\${description:+  -- $description}")
  done < <("$words[1]" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#values == 0 )); then
    _files
  elif [[ $values[1] == */ ]]; then
    compadd -S '' -l -d descriptions -a values
  else
    compadd -l -d descriptions -a values
  fi
}
compdef _scaler scaler kubectl-scaler
`,
  fish: `function __scaler_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found ($words[1] __complete -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c scaler -f -a '(__scaler_complete)'
complete -c kubectl-scaler -f -a '(__scaler_complete)'
`,
} as const;

type Shell = keyof typeof SCRIPTS;

/** Adds `completion`, and the hidden command that the scripts call. */
export function addCompletionCommand(program: Command, context: CliContext): void {
  const { stdout } = context;
  program
    .command('completion')
    .description('print a script that completes this command in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', HELP)
    .action((shell: Shell) => {
      stdout.write(SCRIPTS[shell]);
    });
  program
    .command('__complete [words...]', { hidden: true })
    .allowUnknownOption()
    .action(async (words: readonly string[]) => {
      const { complete } = await import('../connect/complete.ts');
      const found = await complete(program, words, context);
      stdout.write(found.map(({ value, description = '' }) => `${value}\t${description}\n`).join(''));
    });
}
