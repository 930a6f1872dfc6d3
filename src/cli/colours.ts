// Colours on terminals for the word that starts an error or a warning, and for the headings of the help. Refuses streams that are no
// terminal, terminals that know no colours, and people who set NO_COLOR.

const BOLD = '\x1b[1m';
const RED = '\x1b[31m';
const YELLOW = '\x1b[33m';
const RESET = '\x1b[0m';

/** @param isTerminal whether the stream is one @param env this process's environment */
export function hasColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** Colours lines of this program on standard error: `enclasm: ...`, `iwasm: warning: ...`. Other lines stay as they are. */
export function paintErrors(text: string): string {
  return text.replace(
    /^((?:enclasm|iwasm)(?: [a-z]+)?:)( warning:| debug:| verbose:)?/gm,
    (_, program: string, level: string | undefined) =>
      level === undefined
        ? `${BOLD}${RED}${program}${RESET}`
        : `${BOLD}${program}${level === ' warning:' ? YELLOW : ''}${level}${RESET}`,
  );
}

/** Colours headings and the names of commands and options in help and usage texts. */
export function paintHelp(text: string): string {
  return text.replace(
    /^(usage:|usage|examples)|^( {2})(-[^ ]+(?: --[^ ]+)?|[a-z]+)(?= |$)/gm,
    (all, heading: string | undefined, indent: string, name: string) =>
      heading === undefined ? `${indent}${BOLD}${name}${RESET}` : all.replace(heading, `${BOLD}${heading}${RESET}`),
  );
}
