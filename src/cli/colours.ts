// Colours for terminals: of the word that starts an error or a warning, and of the headings of the help. Refuses streams that are no
// terminal, terminals that know no colours, and people who set NO_COLOR.

const BOLD = '\x1b[1m';
const RED = '\x1b[31m';
const YELLOW = '\x1b[33m';
const RESET = '\x1b[0m';

/** @param isTerminal of the stream @param env of this process */
export function hasColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** Lines of this program on standard error: `enclasm: ...`, `iwasm: warning: ...`. Other lines stay as they are. */
export function paintErrors(text: string): string {
  return text.replace(
    /^((?:enclasm|iwasm)(?: [a-z]+)?:)( warning:| debug:| verbose:)?/gm,
    (_, program: string, level: string | undefined) =>
      level === undefined
        ? `${BOLD}${RED}${program}${RESET}`
        : `${BOLD}${program}${level === ' warning:' ? YELLOW : ''}${level}${RESET}`,
  );
}

/** Help and usage: the headings, and the names of commands and options. */
export function paintHelp(text: string): string {
  return text.replace(
    /^(usage:|usage|examples)|^( {2})(-[^ ]+(?: --[^ ]+)?|[a-z]+)(?= |$)/gm,
    (all, heading: string | undefined, indent: string, name: string) =>
      heading === undefined ? `${indent}${BOLD}${name}${RESET}` : all.replace(heading, `${BOLD}${heading}${RESET}`),
  );
}
