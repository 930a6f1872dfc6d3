// What shape of code the JavaScript engine wants (emit-options.ts). Refuses nothing.
import type { Shape } from './emit-options.js';

/**
 * An engine that compiles while a program runs has WebAssembly, and one that cannot or may not has none: QuickJS, Hermes, V8 with `--jitless`, browsers in
 * lockdown. A timed loop tells less: V8 compiles on another thread, which on a busy machine was not done after 20 ms. An object that a program put in the
 * place of a missing one is no sign.
 */
export function shapeOfHost(): Shape {
  const { WebAssembly: host } = globalThis as { WebAssembly?: { validate?: unknown } };
  const { validate } = host ?? {};
  const isNative = typeof validate === 'function' && /\{\s*\[native code\]\s*\}$/.test(String(validate));
  return isNative ? 'optimizing' : 'plain';
}
