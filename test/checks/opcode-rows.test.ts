// A row more in the opcode table, and everybody who must handle it does not compile: the tables of rules are complete by type.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const TABLE = 'src/wasm/opcodes.ts';
/** Declarations that files see without an import. */
const BUILD_CONSTANTS = 'src/base/build.d.ts';

/** Files that must tell what becomes of an instruction. */
const CONSUMERS = {
  validator: 'src/validate/validation-rules.ts',
  interpreter: 'src/engine/interp/compile-rules.ts',
  'JavaScript compiler': 'src/engine/js/emit-rules.ts',
  'bulk operations of the interpreter': 'src/engine/interp/ops/index.ts',
  'bulk instructions of the instrumenter': 'src/instrument/rewrite-hooked.ts',
  "control in the instrumenter's rewriting": 'src/instrument/rewrite-control.ts',
  'control of the instrumenter': 'src/instrument/plan.ts',
  'record of the JavaScript compiler': 'src/engine/js/code-record.ts',
  "interpreter's accesses": 'src/engine/interp/ops/memory.ts',
  "JavaScript compiler's accesses": 'src/engine/js/rules-memory.ts',
  'semantics of scalars': 'src/wasm/semantics.ts',
  vectors: 'src/numeric/v128.ts',
} as const;
type Consumer = keyof typeof CONSUMERS;

/** Who does not compile with these rows more in the table. */
function failing(rows: string): Consumer[] {
  const { config } = ts.readConfigFile('tsconfig.core.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    const found = cache.get(name);
    if (found) return found;
    if (!name.endsWith(TABLE)) {
      const file = read(name, ...rest);
      if (file) cache.set(name, file);
      return file;
    }
    const text = readFileSync(name, 'utf8').replace('const CONTROL_ROWS = {\n', (start) => `${start}${rows}\n`);
    return ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  };
  const program = ts.createProgram(
    [...Object.values(CONSUMERS), BUILD_CONSTANTS],
    { ...options, noEmit: true, composite: false, incremental: false },
    host,
  );
  return (Object.keys(CONSUMERS) as Consumer[]).filter(
    (consumer) => program.getSemanticDiagnostics(program.getSourceFile(CONSUMERS[consumer])!).length > 0,
  );
}
/** Files but the table are the same in all programs. */
const cache = new Map<string, ts.SourceFile>();

describe('a row more in the opcode table does not compile', () => {
  it.each<[what: string, columns: string, expected: Consumer[]]>([
    [
      'an instruction of objects',
      "imm: ['type'], feature: 'gc', traps: true",
      ['validator', 'interpreter', 'JavaScript compiler'],
    ],
    [
      'a bulk instruction of objects',
      "imm: ['type'], feature: 'gc', traps: true, bulk: 'length'",
      [
        'validator',
        'interpreter',
        'JavaScript compiler',
        'bulk operations of the interpreter',
        'bulk instructions of the instrumenter',
      ],
    ],
    [
      'a branch',
      "imm: ['label'], feature: 'gc', control: 'branch'",
      [
        'validator',
        'interpreter',
        'JavaScript compiler',
        "control in the instrumenter's rewriting",
        // Where a branch leads is read in binary/control-flow.ts, by the column.
        'record of the JavaScript compiler',
      ],
    ],
    [
      'an instruction that opens a block',
      "imm: ['blocktype'], feature: 'gc', control: 'open'",
      [
        'validator',
        'interpreter',
        'JavaScript compiler',
        "control in the instrumenter's rewriting",
        'control of the instrumenter',
        'record of the JavaScript compiler',
      ],
    ],
    [
      'a load',
      "imm: ['memarg'], sig: 'A:i', bytes: 4, traps: true, effect: 'read'",
      ["interpreter's accesses", "JavaScript compiler's accesses"],
    ],
    ['an instruction of numbers', "sig: 'ii:i'", ['semantics of scalars']],
    ['a vector instruction', "sig: 'VV:V', feature: 'simd'", ['vectors']],
  ])('%s', (_, columns, expected) => {
    expect(failing(`'example.new': { code: 0xfb_01ff, ${columns} },`)).toEqual(expected);
  });
  it('no row more', () => {
    expect(failing('')).toEqual([]);
  });
});
