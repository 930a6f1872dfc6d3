// The ahead-of-time mode for the fuzzer.
export { aotTextEngine as aotFuzzEngine } from '../../helpers/aot-engine.js';
