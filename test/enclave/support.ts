// Enclaves for tests: the real runtime on the interpreter, and the demo modules they run.

import type { Timers } from '#src/enclave/protocol/transport.js';
import { sameThreadTransport } from '#src/enclave/transport/same-thread.js';
import { runtimeInitialiser } from '#src/enclave/trusted/init-runtime.js';
import { type TrustedOptions, trustedFactory } from '#src/enclave/trusted/trusted-side.js';
import type { EnclaveOptions } from '#src/enclave/untrusted/client.js';
import { Enclave } from '#src/enclave/untrusted/client.js';
import { interpEngine } from '#src/engine/interp/interp-engine.js';
import { ALL_LIBRARIES } from '#src/entry/libraries.js';
import { nodePlatform } from '#src/platform/node/platform.js';

export const timers: Timers = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** A trusted side with the real runtime. */
export function realTrusted(options: Partial<TrustedOptions> = {}) {
  return trustedFactory({
    init: runtimeInitialiser({ host: { engines: [interpEngine()], libraries: ALL_LIBRARIES } }),
    platform: nodePlatform(() => {}),
    version: [0, 1, 0],
    onWithheld: (error) => console.error('withheld:', error),
    ...options,
  });
}

/** A same-thread enclave, handshake done. */
export function localEnclave(options: Partial<EnclaveOptions> = {}, trusted: Partial<TrustedOptions> = {}): Enclave {
  return Enclave.createSync({ transport: sameThreadTransport({ trusted: realTrusted(trusted) }), timers, ...options });
}

/** Functions that tests call, one of each kind. */
export const DEMO = `(module
  (import "env" "host_add" (func $host_add (param i32 i32) (result i32)))
  (import "env" "host_fill" (func $host_fill (param i32 i32)))
  (import "env" "host_say" (func $host_say (param i32)))
  (import "env" "host_keep" (func $host_keep (param externref) (result externref)))
  (memory (export "memory") 1 16)
  (data (i32.const 64) "hello\\00")
  (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
  (func (export "add64") (param i64 i64) (result i64) local.get 0 local.get 1 i64.add)
  (func (export "addf") (param f32 f64) (result f64) local.get 0 f64.promote_f32 local.get 1 f64.add)
  (func (export "trap") unreachable)
  (func (export "spin") (loop $again br $again))
  (func (export "many") (result i32 i64 f64) i32.const 1 i64.const 2 f64.const 3)
  (func $recurse (export "recurse") (call $recurse))
  (func (export "call_add") (param i32 i32) (result i32) (call $host_add (local.get 0) (local.get 1)))
  (func (export "call_fill") (param i32 i32) (call $host_fill (local.get 0) (local.get 1)))
  (func (export "call_say") (call $host_say (i32.const 64)))
  (func (export "call_keep") (param externref) (result externref) (call $host_keep (local.get 0)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
)`;

/** What a handshake by hand says of its host's limits. */
export const HOST_TAKES = { maxPacketBytes: 1 << 30, maxNativeBytes: 1 << 24 };
