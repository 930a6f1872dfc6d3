// What the emitter looks up about a module: its index spaces, and which calls may move memories.
import { CodeReader } from '../../binary/code-reader.js';
import type { IndexSpaces, ValidatedModule } from '../../wasm/module.js';
import { OPCODES, opNames } from '../../wasm/opcodes.js';

export class ModuleInfo {
  readonly module: ValidatedModule;
  readonly spaces: IndexSpaces;

  constructor(module: ValidatedModule) {
    this.module = module;
    this.spaces = module.spaces;
  }

  #movers: Uint8Array | undefined;

  /** Whether a memory may have moved after a call of this function. */
  mayMove(index: number): boolean {
    this.#movers ??= this.#findMovers();
    return this.#movers[index] !== 0;
  }
  /**
   * Whether a memory may have moved after a call through a reference: it may lead anywhere, also out of the module if other instances share its
   * tables.
   */
  get indirectMayMove(): boolean {
    this.#movers ??= this.#findMovers();
    return this.#indirectMoves;
  }
  #indirectMoves = false;

  /** Returns the functions of the module that a function calls directly, each once, by index. */
  calleesOf(index: number): readonly number[] {
    const { importedFunctions } = this.spaces;
    const { start, end } = this.module.functions[index - importedFunctions]!.code;
    const reader = new CodeReader(this.module.bytes, start, end);
    const callees = new Set<number>();
    for (let op = reader.next(); op >= 0; op = reader.next()) {
      if ((op === CALL || op === RETURN_CALL) && reader.index >= importedFunctions) callees.add(reader.index);
    }
    return [...callees];
  }

  #findMovers(): Uint8Array {
    const { module } = this;
    const { functions, importedFunctions } = this.spaces;
    const movers = new Uint8Array(functions.length).fill(1, 0, importedFunctions);
    const callers = new Map<number, number[]>();
    const indirect: number[] = [];
    const found: number[] = [];
    const reader = new CodeReader(module.bytes, 0, 0);
    module.functions.forEach(({ code }, i) => {
      const index = importedFunctions + i;
      reader.seek(code.start, code.end);
      for (let op = reader.next(); op >= 0; op = reader.next()) {
        if (op === CALL || op === RETURN_CALL) {
          const list = callers.get(reader.index);
          if (list) list.push(index);
          else callers.set(reader.index, [index]);
        } else if (INDIRECT.has(op)) indirect.push(index);
        else if (op === GROW || (NEWS.has(op) && this.spaces.memories[reader.index]!.shared)) found.push(index);
      }
    });
    const closed =
      importedFunctions === 0 &&
      module.imports.length === 0 &&
      module.exports.every(({ kind }) => kind === 'func' || kind === 'memory') &&
      functions.every(({ params }) => params.every((type) => type < 0));
    this.#indirectMoves = !closed || found.length > 0;
    const addAll = (list: readonly number[] = []): void => {
      for (const one of list) found.push(one);
    };
    for (let i = 0; i < importedFunctions; i++) addAll(callers.get(i));
    if (this.#indirectMoves) addAll(indirect);
    for (let index = found.pop(); index !== undefined; index = found.pop()) {
      if (movers[index] !== 0) continue;
      movers[index] = 1;
      addAll(callers.get(index));
    }
    return movers;
  }
}

const CALL = OPCODES.call.code;
const RETURN_CALL = OPCODES.return_call.code;
const GROW = OPCODES['memory.grow'].code;
/** By these a thread may notice that another one has let a shared memory grow. */
const NEWS: ReadonlySet<number> = /* @__PURE__ */ new Set([
  OPCODES['memory.size'].code,
  ...opNames(({ feature, imm }) => feature === 'threads' && imm?.[0] === 'memarg').map((name) => OPCODES[name].code),
]);
const INDIRECT: ReadonlySet<number> = /* @__PURE__ */ new Set(
  opNames(({ calls, imm }) => calls === true && imm?.[0] === 'type').map((name) => OPCODES[name].code),
);
