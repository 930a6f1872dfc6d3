// The small package: the interpreter alone, for JavaScript engines without WebAssembly and without code generation. The embedder brings the platform,
// and the libraries that guests need (`enclasm/libraries`): `Runtime.init({}, { platform, engines: [interpEngine()], libraries: [wasi] })`.
// Refuses to use globals of any JavaScript environment.

export { interpEngine, interpFallback } from '../engine/interp/interp-engine.js';
export * from './embed.js';
