// What an editor shows over a command of an enclave: the text of its row, from TypeScript's own language service.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '#src/enclave/protocol/commands.js';
import { rowTexts } from '../../scripts/gen-enclave-docs.js';
import { projectRoot } from '../helpers/wat.js';

const PROGRAM = join(projectRoot(), 'test', 'hover-program.ts');
/** A program as an embedder writes it: each command asked of the enclave, and of `sync`. */
const TEXT = [
  "import type { Enclave } from '../src/enclave/untrusted/client.js';",
  'declare const enclave: Enclave;',
  ...COMMAND_NAMES.flatMap((name) => [`enclave.${name};`, `enclave.sync.${name};`]),
].join('\n');

function languageService(): ts.LanguageService {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    types: ['node'],
  };
  const read = (file: string): string | undefined => (file === PROGRAM ? TEXT : ts.sys.readFile(file));
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [PROGRAM],
    getScriptVersion: () => '1',
    getScriptSnapshot: (file) => {
      const text = read(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: projectRoot,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (file) => file === PROGRAM || ts.sys.fileExists(file),
    readFile: read,
    directoryExists: ts.sys.directoryExists,
  });
}

describe('over a command an editor shows', () => {
  const service = languageService();
  const texts = rowTexts('commands.ts', 'COMMANDS');

  it.each(COMMAND_NAMES)('the text of %s', (name) => {
    for (const access of [`enclave.${name};`, `enclave.sync.${name};`]) {
      const at = TEXT.indexOf(access) + access.length - 1 - name.length;
      const shown = ts.displayPartsToString(service.getQuickInfoAtPosition(PROGRAM, at)?.documentation);
      expect(shown.length).toBeGreaterThan(10);
      expect(shown.replace(/\s+/g, ' ')).toBe(texts.get(name));
    }
  });
  it('and the row has no second copy of it', () => {
    const table = readFileSync(join(projectRoot(), 'src/enclave/protocol/commands.ts'), 'utf8');
    for (const text of texts.values()) expect(table.split(text).length).toBe(2);
  });
});
