// What the GC objects of a module's constant expressions cost. The JavaScript engine makes them with the instance, where nothing counts them. Refuses
// to guess: if a length is not written in the expression itself, the answer is unknown.
import { CodeReader } from '../../binary/code-reader.js';
import { objectBytes } from '../../runtime/object-charge.js';
import type { ConstExpr, ValidatedModule } from '../../wasm/module.js';
import { arrayBytes, structBytes } from '../../wasm/object-size.js';
import { OPCODES, type OpName, opcodeRow } from '../../wasm/opcodes.js';
import type { ArrayType, StorageType, StructType } from '../../wasm/types.js';

/** @returns bytes; undefined if a length depends on a global or on arithmetic */
export function constantObjectBytes(module: ValidatedModule): number | undefined {
  const reader = new CodeReader(module.bytes, 0, 0);
  let sum = 0;
  for (const expression of constantExpressions(module)) {
    const bytes = expressionBytes(module, reader, expression);
    if (bytes === undefined) return undefined;
    sum += bytes;
  }
  return sum;
}

function* constantExpressions({ globals, tables, elements }: ValidatedModule): Generator<ConstExpr> {
  for (const { init } of globals) yield init;
  for (const { init } of tables) if (init) yield init;
  for (const { items } of elements) if (items.kind === 'expressions') yield* items.expressions;
}

function expressionBytes(module: ValidatedModule, reader: CodeReader, { start, end }: ConstExpr): number | undefined {
  const struct = (): StructType => module.types[reader.index]!.composite as StructType;
  const element = (): StorageType => (module.types[reader.index]!.composite as ArrayType).element.type;
  /** The operands: i32 constants by value, everything else as undefined. */
  const stack: (number | undefined)[] = [];
  let sum = 0;
  reader.seek(start, end);
  while (reader.next() !== OPCODES.end.code) {
    const name: OpName = reader.name;
    switch (name) {
      case 'i32.const':
        stack.push(reader.low >>> 0);
        continue;
      case 'ref.i31':
      case 'any.convert_extern':
      case 'extern.convert_any':
        stack.pop();
        break;
      case 'struct.new':
        stack.length -= struct().fields.length;
        sum += objectBytes(structBytes(struct()));
        break;
      case 'struct.new_default':
        sum += objectBytes(structBytes(struct()));
        break;
      case 'array.new':
      case 'array.new_default': {
        const length = stack.pop();
        if (length === undefined) return undefined;
        if (name === 'array.new') stack.pop();
        sum += objectBytes(arrayBytes(length, element()));
        break;
      }
      case 'array.new_fixed':
        stack.length -= reader.index2;
        sum += objectBytes(arrayBytes(reader.index2, element()));
        break;
      default:
        if (opcodeRow(name).constant === 'extended-const') stack.length -= 2;
    }
    stack.push(undefined);
  }
  return sum;
}
