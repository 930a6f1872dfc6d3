// The small package: the interpreter alone, for hosts without WebAssembly and without code generation. The embedder brings the platform,
// and the libraries that guests need (`enclasm/libraries`): `Runtime.init({}, { platform, engines: [interpEngine()], libraries: [wasi] })`.
// Refuses to reach for any host's globals.

export { interpEngine, interpFallback } from '../engine/interp/interp-engine.js';
export * from './embed.js';
