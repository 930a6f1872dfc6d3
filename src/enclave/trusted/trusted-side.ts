// Puts a trusted side together: session, world, dispatcher, over a way to make ocalls. What runs inside is given: see embed-runtime.ts.
import type { TrustedEntry, TrustedFactory } from '../protocol/transport.js';
import { Dispatcher, type DispatchOptions } from './dispatch.js';
import { OcallPort } from './ocall-port.js';
import type { WasmRuntimeFullInit } from './runtime-api.js';
import { Session } from './session.js';
import { World, type WorldOptions } from './world.js';

export interface TrustedOptions extends WorldOptions, DispatchOptions {
  /** What INIT_RUNTIME runs. */
  readonly init: WasmRuntimeFullInit;
  readonly version: readonly [major: number, minor: number, patch: number];
}

/** What a transport needs to start a trusted side: each call makes one that shares nothing with the others. */
export function trustedFactory(options: TrustedOptions): TrustedFactory {
  return (ocall, blocking): TrustedEntry => {
    const world = new World(options, new OcallPort(ocall), blocking);
    return new Dispatcher(new Session(options.init, world, options.version), options) as TrustedEntry;
  };
}
