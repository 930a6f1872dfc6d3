// Writes man/enclasm.1 from the tables of the command line. Refuses nothing.
import { COMMANDS, type CommandName, OPTIONS } from '#src/cli/command-options.js';
import { explanation, spelling } from '#src/cli/help.js';
import { VERSION } from '#src/entry/embed.js';

/** What troff would take for a command of its own. */
function troff(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}

function command(name: CommandName): string[] {
  const { operands, summary, options, examples } = COMMANDS[name];
  return [
    `.SS ${troff(`${name} ${operands}`.trimEnd())}`,
    troff(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`),
    ...options.flatMap((option) => [
      '.TP',
      `.B ${troff(spelling(option, OPTIONS[option]))}`,
      troff(explanation(OPTIONS[option])),
    ]),
    ...examples.flatMap(([text, what]) => ['.PP', `.B ${troff(`enclasm ${text}`)}`, '.br', troff(what)]),
  ];
}

export function manPage(): string {
  const lines = [
    `.TH ENCLASM 1 "" "enclasm ${VERSION}"`,
    '.SH NAME',
    'enclasm \\- run WebAssembly programs that nobody trusts, under limits that hold',
    '.SH SYNOPSIS',
    '.B enclasm',
    '[\\fIOPTIONS\\fR] \\fIFILE\\fR [\\fIARGS\\fR...]',
    '.br',
    '.B enclasm',
    '\\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...',
    '.SH DESCRIPTION',
    'A program sees no files, no environment and no network unless options grant them.',
    'Options stand before the file; what follows the file belongs to the program.',
    'The file \\fB\\-\\fR is standard input.',
    '.SH COMMANDS',
    ...(Object.keys(COMMANDS) as CommandName[]).flatMap(command),
    '.SH EXIT STATUS',
    ...[
      ["the program's own", 'It ended by itself.'],
      ['1', 'Wrong use, a trap, or a limit that was reached.'],
      ['130', 'It was interrupted with Ctrl-C.'],
      ['141', 'The reader of standard output has gone.'],
      ['255', 'It could not be started.'],
    ].flatMap(([code, when]) => ['.TP', `.B ${troff(code!)}`, troff(when!)]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B XDG_CACHE_HOME',
    'Compiled code is kept in its folder \\fIenclasm\\fR.',
    '.TP',
    '.B NO_COLOR',
    'When it is set, nothing is written in colours.',
  ];
  return `${lines.join('\n')}\n`;
}
