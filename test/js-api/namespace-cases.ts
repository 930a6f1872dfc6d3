// Cases for the namespace of the standard `WebAssembly`, each run in interp, jit and host.
import { describe, test } from 'vitest';
import { createWebAssembly, enclasmOf, type NamespaceControl, type NamespaceOptions } from '#src/entry/webassembly.js';
import { InvalidError } from '#src/wasm/errors.js';
import { assemble } from '../helpers/wat.js';

const MODES = ['interp', 'jit', 'host'] as const;

/** The standard's types as TypeScript has them. */
export type Standard = typeof WebAssembly & {
  readonly Tag: new (descriptor: { parameters: string[] }) => object;
  readonly Exception: new (
    tag: object,
    payload: unknown[],
  ) => { is(tag: object): boolean; getArg(tag: object, index: number): unknown };
  readonly JSTag: object;
};
// biome-ignore lint/suspicious/noExplicitAny: exports of guests have the types that their text says.
type Exports = Record<string, any>;

/** What a case works with. */
export interface NamespaceWorld {
  readonly wasm: Standard;
  readonly control: NamespaceControl;
  /** The exports of an instance of a module's text. */
  start(text: string, imports?: object): Exports;
  /** Ends the case: the mode lacks what it is about. */
  skip(reason: string): never;
}

/** Registers cases with the test runner, once per mode. Features that the host's own WebAssembly lacks skip a case in mode host. */
export function namespaceCases(
  suite: string,
  cases: Readonly<Record<string, (world: NamespaceWorld) => void | Promise<void>>>,
  options: NamespaceOptions = {},
): void {
  describe.each(MODES)(`${suite}, mode %s`, (mode) => {
    for (const [name, run] of Object.entries(cases)) {
      test(name, async (context) => {
        const wasm = createWebAssembly({ mode, ...options }) as unknown as Standard;
        const control = enclasmOf(wasm);
        const start = (text: string, imports: object = {}): Exports =>
          new wasm.Instance(new wasm.Module(assemble(text) as Uint8Array<ArrayBuffer>), imports as WebAssembly.Imports)
            .exports;
        try {
          await run({ wasm, control, start, skip: (reason) => context.skip(reason) });
        } catch (error) {
          const lacks = error instanceof wasm.CompileError && !(error.cause instanceof InvalidError);
          if (lacks && / lacks /.test(error.message)) context.skip(error.message);
          throw error;
        } finally {
          if (!control.runtime.destroyed) control.destroy();
        }
      });
    }
  });
}
