// Names that a module gives to things, with what a terminal obeys in them: in no warning, error, trap, frame or exception text.
import { expect } from 'vitest';
import { EnclasmError, type Trap } from '#src/wasm/errors.js';
import { failure } from '../helpers/failure.js';
import { modeCases } from './mode-cases.js';

/** Escapes, BEL, newline, C1, bidirectional marks, and their UTF-8 in the text format. */
const NAME = '\u001b[2J\u0007\n\u009b31m\u202e\u2066x';
const WAT = [...new TextEncoder().encode(NAME)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
const RAW = /[\p{Cc}\p{Bidi_Control}]/u;

/** Fails, and says so without a raw character. */
function clean(action: () => unknown): EnclasmError {
  const error = failure(action);
  expect(error).toBeInstanceOf(EnclasmError);
  expect((error as Error).message).not.toMatch(RAW);
  expect(JSON.stringify((error as Trap).frames ?? [])).not.toMatch(RAW);
  for (const frame of (error as Trap).frames ?? []) expect(frame.functionName).not.toMatch(RAW);
  return error as EnclasmError;
}

modeCases('hostile names', [
  {
    name: 'come out of no error path',
    run({ start, log, runtime }) {
      const unlinked = start(`(module (import "${WAT}" "${WAT}" (func $f)) (func (export "${WAT}") (call $f)))`);
      const call = unlinked.lookupFunction(NAME)!;
      clean(() => call.call());
      expect(unlinked.getException()).not.toMatch(RAW);
      clean(() => call.call(5));
      clean(() => unlinked.executeFunc(`${NAME}y`));
      clean(() => unlinked.executeFunc(NAME, ['1']));
      clean(() => start(`(module (import "${WAT}" "${WAT}" (func)))`, { strictLinking: true }));
      clean(() => start(`(module (import "${WAT}" "${WAT}" (memory 1)))`));
      clean(() => start(`(module (import "${WAT}" "${WAT}" (global i32)))`, { imports: { [NAME]: { [NAME]: 'x' } } }));
      clean(() =>
        start(`(module (import "${WAT}" "${WAT}" (memory 1)))`, { imports: { [NAME]: { [NAME]: () => 1 } } }),
      );
      runtime.registerNatives(NAME, [
        { symbol: NAME, signature: '(i)', func: () => {} },
        { symbol: `${NAME}2`, func: () => 'no number' },
      ]);
      start(`(module (import "${WAT}" "${WAT}" (func)))`);
      const wrong = start(
        `(module (import "${WAT}" "${WAT}2" (func $f (result i32))) (func (export "run") (drop (call $f))))`,
      );
      clean(() => wrong.lookupFunction('run')!.call());
      const trap = start(`(module (func (export "${WAT}") (unreachable)))`);
      clean(() => trap.lookupFunction(NAME)!.call());
      expect(log.length).toBeGreaterThan(2);
      for (const line of log) expect(line).not.toMatch(RAW);
    },
  },
  {
    name: 'that are very long are cut',
    run({ start, log }) {
      const long = 'n'.repeat(90_000);
      const instance = start(
        `(module (import "m" "${long}" (func $f)) (func (export "${long}") (call $f) (unreachable)))`,
      );
      const error = clean(() => instance.lookupFunction(long)!.call());
      expect(error.message.length).toBeLessThan(1_000);
      for (const { functionName } of (error as Trap).frames) expect(functionName.length).toBeLessThan(1_000);
      for (const line of log) expect(line.length).toBeLessThan(1_000);
      expect(clean(() => start(`(module (import "m" "${long}" (memory 1)))`)).message.length).toBeLessThan(1_000);
    },
  },
]);
