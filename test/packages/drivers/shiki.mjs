// Colours of a line of code in the package shiki, whose regular expressions are WebAssembly.
import { createHighlighter } from 'shiki';

export const answer = [
  ['const', '#F97583'],
  ['a', '#79B8FF'],
  ['=', '#F97583'],
  ['1', '#79B8FF'],
];

export async function run() {
  const highlighter = await createHighlighter({ themes: ['github-dark'], langs: ['javascript'] });
  // Its own limit is half a second a line, which the first line may take where everything is compiled first.
  const { tokens } = highlighter.codeToTokens('const a = 1', {
    lang: 'javascript',
    theme: 'github-dark',
    tokenizeTimeLimit: 0,
  });
  return tokens[0].filter(({ content }) => content !== ' ').map(({ content, color }) => [content, color]);
}
