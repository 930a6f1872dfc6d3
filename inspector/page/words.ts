// Words of a command line, variables of an environment: what is typed into fields as the lists that a guest gets.
// Refuses quotes that do not end and lines that are not NAME=value, with a text for the person who typed them.

export class FieldError extends Error {}

/** Splits at spaces, outside of quotes: `a "b c"` gives two words. A backslash takes the next character as it is. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\' && quote !== "'" && i + 1 < text.length) word = `${word ?? ''}${text[++i]}`;
    else if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${char}`;
  }
  if (quote !== undefined) throw new FieldError(`a quotation mark ${quote} is opened and not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

export function variables(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const wrong = lines.find((line) => line !== '' && line.indexOf('=') < 1);
  if (wrong !== undefined) throw new FieldError(`'${wrong}' is not NAME=value`);
  return lines.filter((line) => line !== '');
}

/** A number of a field; undefined where it is empty. @param scale what one of the field's units is of the limit's */
export function amount(text: string, label: string, scale = 1): number | undefined {
  const trimmed = text.replaceAll(/[,\s_]/g, '');
  if (trimmed === '') return undefined;
  const value = Number(trimmed);
  if (!Number.isFinite(value) || value < 0) throw new FieldError(`${label}: '${text}' is no number`);
  return Math.round(value * scale);
}
