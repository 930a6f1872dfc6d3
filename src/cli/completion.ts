// `enclasm completion SHELL`: completion scripts from the tables. Refuses shells it does not know.
import { CliError } from './cli-error.js';
import { COMMANDS, type CommandName, OPTIONS, type OptionRow, SHELLS } from './command-options.js';
import type { Io } from './io.js';
import { takesValue } from './parse.js';

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], () => string>> = { bash, zsh, fish };

export async function completion(shell: string, io: Io): Promise<number> {
  const script = SCRIPTS[shell as keyof typeof SCRIPTS];
  if (!script) throw new CliError(`enclasm completion: '${shell}' is not known; one of ${SHELLS.join(', ')} is wanted`);
  io.out(script());
  return 0;
}

const NAMES = Object.keys(COMMANDS) as CommandName[];

function rowsOf(command: CommandName): readonly (readonly [string, OptionRow])[] {
  return COMMANDS[command].options.map((name) => [name, OPTIONS[name]]);
}
function wordsOf(command: CommandName): readonly string[] {
  return (COMMANDS[command] as { words?: readonly string[] }).words ?? [];
}

/** Returns the long form of an option, with `=` where a value must follow. */
function flag(name: string, row: OptionRow): string {
  return `--${name}${takesValue(row) && row.bare === undefined ? '=' : ''}`;
}

function bash(): string {
  const choices = Object.entries(OPTIONS as Readonly<Record<string, OptionRow>>)
    .filter(([, row]) => row.choices)
    .map(([name, row]) => `    --${name}) COMPREPLY=($(compgen -W '${row.choices!.join(' ')}' -- "$word")); return ;;`);
  const directories = Object.entries(OPTIONS as Readonly<Record<string, OptionRow>>)
    .filter(([, row]) => row.completes === 'directory')
    .map(([name]) => `--${name}`);
  const commands = NAMES.map(
    (name) =>
      `    ${name}) options='${rowsOf(name)
        .map(([option, row]) => flag(option, row))
        .join(' ')}' words='${wordsOf(name).join(' ')}' ;;`,
  );
  return `# bash completion of enclasm
_enclasm() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} options words
  # --option=value comes in three words.
  if [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [[ $word == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-1]} word=; fi
  case $previous in
${choices.join('\n')}
    ${directories.join('|')}) COMPREPLY=($(compgen -d -- "$word")); return ;;
  esac
  if [[ $COMP_CWORD == 1 ]]; then COMPREPLY=($(compgen -W '${NAMES.join(' ')} help' -- "$word")); return; fi
  case \${COMP_WORDS[1]} in
${commands.join('\n')}
    help) options= words='${NAMES.join(' ')}' ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace
  elif [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); compopt -o filenames; fi
}
complete -F _enclasm enclasm
`;
}

/** Quotes a text for zsh, inside a single-quoted _arguments spec. */
function zshText(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&');
}

function zsh(): string {
  const commands = NAMES.map((name) => `    '${name}:${zshText(COMMANDS[name].summary)}'`).join('\n');
  const cases = NAMES.map((name) => {
    const specs = rowsOf(name).map(([option, row]) => {
      const value = row.choices
        ? `:${option}:(${row.choices.join(' ')})`
        : `:${row.metavar?.replace(/[^A-Z]/g, '').toLowerCase()}:${row.completes === 'directory' ? '_files -/' : ''}`;
      const repeat = row.repeat ? '*' : '';
      return `      '${repeat}${flag(option, row)}[${zshText(row.help)}]${takesValue(row) && row.bare === undefined ? value : ''}'`;
    });
    const words = wordsOf(name);
    specs.push(`      '*:operand:${words.length > 0 ? `(${words.join(' ')})` : '_files'}'`);
    return `    ${name}) _arguments \\\n${specs.join(' \\\n')} ;;`;
  });
  return `#compdef enclasm
_enclasm() {
  local -a commands=(
${commands}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  shift words; (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
  esac
}
compdef _enclasm enclasm
`;
}

function fish(): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = NAMES.map(
    (name) => `complete -c enclasm -n __fish_use_subcommand -f -a ${name} -d ${quoted(COMMANDS[name].summary)}`,
  );
  for (const name of NAMES) {
    const when = `complete -c enclasm -n '__fish_seen_subcommand_from ${name}'`;
    if (wordsOf(name).length > 0) lines.push(`${when} -f -a ${quoted(wordsOf(name).join(' '))}`);
    for (const [option, row] of rowsOf(name)) {
      const short = row.short ? ` -s ${row.short}` : '';
      const value =
        !takesValue(row) || row.bare !== undefined
          ? ''
          : row.choices
            ? ` -x -a ${quoted(row.choices.join(' '))}`
            : row.completes === 'directory'
              ? ' -x -a "(__fish_complete_directories)"'
              : ' -x';
      lines.push(`${when}${short} -l ${option}${value} -d ${quoted(row.help)}`);
    }
  }
  return `# fish completion of enclasm\n${lines.join('\n')}\n`;
}
