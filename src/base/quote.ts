// Text of unknown origin made fit for a terminal, a log or an error: names from modules, messages from other programs.
// Refuses to let through what controls a terminal or reorders its line; such characters become `\u001b` and the like, which JSON reads back as the
// original characters.

/** The longest name in a message, in UTF-16 units: longer ones are cut. C++ compilers make names of a few hundred. */
export const LONGEST_NAME = 300;

const NEWLINE = 0x0a;
const TAB = 0x09;

/** Whether a unit is C0, DEL or C1, a separator of lines or paragraphs, or a mark that sets the direction of writing. */
function isUnsafe(unit: number): boolean {
  if (unit < 0x20) return true;
  if (unit < 0x7f) return false;
  if (unit <= 0x9f) return true;
  if (unit < 0x2000) return unit === 0x061c;
  return (
    unit === 0x200e ||
    unit === 0x200f ||
    (unit >= 0x2028 && unit <= 0x202e) ||
    (unit >= 0x2066 && unit <= 0x2069) ||
    unit === 0xfeff
  );
}

function escaped(text: string, keepsLines: boolean): string {
  let safe = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!isUnsafe(unit) || (keepsLines && (unit === NEWLINE || unit === TAB))) continue;
    safe += `${text.slice(from, i)}\\u${unit.toString(16).padStart(4, '0')}`;
    from = i + 1;
  }
  return from === 0 ? text : safe + text.slice(from);
}

/** Returns the text on one line, without anything that controls a terminal. Printable text is returned unchanged. */
export function printable(text: string): string {
  return escaped(text, false);
}
/** Does the same for text that consists of lines: newlines and tabs stay. */
export function printableLines(text: string): string {
  return escaped(text, true);
}

/** Returns the first `most` UTF-16 units, and an ellipsis if there were more. Surrogate pairs stay whole. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return `${text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most)}…`;
}

/** Returns a name from a module as messages have it: printable, and no longer than LONGEST_NAME. The message adds the quotation marks. */
export function quote(name: string): string {
  return printable(shortened(name, LONGEST_NAME));
}
