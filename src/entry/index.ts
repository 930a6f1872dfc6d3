// The package: everything, on Node's platform with every engine. Re-exports and wiring only.

export { type BranchHint, readBranchHints } from '../binary/branch-hints.js';
export { decode } from '../binary/decode.js';
export { EnclaveError } from '../enclave/protocol/errors.js';
export { Enclave } from '../enclave/untrusted/client.js';
export { print } from '../text/print.js';
export { validate } from '../validate/validate.js';
export {
  type AotAbility,
  AotError,
  type AotFault,
  type AotModule,
  type AotOptions,
  type AotTarget,
  aotEngine,
  checkAotText,
  compileToModule,
  loadAot,
} from './aot.js';
export * from './common.js';
export {
  type CreateEnclaveOptions,
  type CreatePoolOptions,
  createEnclave,
  createEnclavePool,
  createEnclaveSync,
  TRANSPORT_NAMES,
  type TransportName,
} from './enclave.js';
export { defaultEngines } from './engines.js';
export { defaultHost, nodePlatform } from './host.js';
export * from './libraries.js';
export { Runtime } from './runtime.js';
