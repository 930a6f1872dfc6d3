// The package for browsers in one entry: what `enclasm`, `enclasm/enclave`, `enclasm/plugin`, `enclasm/webassembly` and `enclasm/aot` have, and a
// browser's platform. dist/web/enclasm.js is a bundle of it for pages without a bundler. Re-exports only.

export { webPlatform } from '../platform/web/platform.js';
export * from './aot.js';
export * from './enclave.js';
export type { CallOptions } from './index.js';
export * from './index.js';
export * from './libraries.js';
export * from './plugin.js';
export { startThreadWorkers, type ThreadWorkers } from './web-threads.js';
export * from './webassembly.js';
