// Makes a trusted side of session, platform and dispatcher, over a way to make ocalls. INIT_RUNTIME runs what it is given: see init-runtime.ts.
import type { TrustedFactory } from '../protocol/transport.js';
import { Dispatcher, type DispatchOptions } from './dispatch.js';
import type { InitRuntime } from './init-runtime.js';
import { OcallPort } from './ocall-port.js';
import { Session } from './session.js';
import { TrustedPlatform, type TrustedPlatformOptions } from './trusted-platform.js';

export interface TrustedOptions extends TrustedPlatformOptions, DispatchOptions {
  /** What INIT_RUNTIME runs. */
  readonly init: InitRuntime;
  readonly version: readonly [major: number, minor: number, patch: number];
}

/** Returns what a transport needs to start a trusted side: each call of it makes one that shares nothing with the others. */
export function trustedFactory(options: TrustedOptions): TrustedFactory {
  return (ocall, blocking) => {
    const platform = new TrustedPlatform(options, new OcallPort(ocall), blocking);
    return new Dispatcher(new Session(options.init, platform, options.version), options);
  };
}
