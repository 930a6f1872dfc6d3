// Determines what native WebAssembly supports, feature by feature, with the smallest module that needs each.
import type { Feature } from '../../wasm/features.js';
import type { WebAssemblyNamespace } from './webassembly.js';

/** The sections of a module that is valid only if the feature is supported, as hexadecimal digits. */
const PROBES: Partial<Record<Feature, string>> = {
  'sign-extension': '01050160017f00030201000a080106002000c01a0b',
  'saturating-float-to-int': '01050160017d00030201000a090107002000fc001a0b',
  'multi-value': '0106016000027f7f030201000a05010300000b',
  'bulk-memory': '0104016000000302010005030100010a0e010c00410041004100fc0a00000b',
  'reference-types': '0407026f00016f0001',
  simd: '01050160017b00030201000a040102000b',
  'relaxed-simd': '01050160017b00030201000a0c010a0020002000fd80021a0b',
  'tail-call': '010401600000030201000a0601040012000b',
  'extended-const': '0609017f00410141026a0b',
  'multi-memory': '05050200010001',
  memory64: '0404017004010503010401',
  exceptions: '010401600000030201000a0d010b0002401f400102000b0b0b',
  'legacy-exceptions': '010401600000030201000a0701050006400b0b',
  'function-references': '0109026000006001640000030201010a08010600200014000b',
  gc: '0103015f00',
  threads: '050401030101',
  'wide-arithmetic': '01050160017e00030201000a0c010a0020002000fc161a1a0b',
  'custom-page-sizes': '050401080100',
};
/** Both forms of exceptions, which V8 refuses in one module. */
const BOTH_EXCEPTIONS = '01040160000003030200000a13020b0002401f400102000b0b0b050006400b0b';

/** The features that added code needs, whatever the module uses. */
export const NEEDED: readonly Feature[] = ['reference-types', 'saturating-float-to-int', 'multi-value'];

function moduleOf(sections: string): Uint8Array {
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  for (let i = 0; i < sections.length; i += 2) bytes.push(Number.parseInt(sections.slice(i, i + 2), 16));
  return Uint8Array.from(bytes);
}

/**
 * Returns those of the given features that the JavaScript engine lacks. No others are tried, to keep the start of a program short.
 * @param known what was found out before
 */
export function lackingFeatures(
  webAssembly: WebAssemblyNamespace,
  wanted: Iterable<Feature>,
  known = new Map<Feature, boolean>(),
): Feature[] {
  const all = new Set(wanted);
  const lacking = [...all].filter((feature) => {
    let has = known.get(feature);
    if (has === undefined) {
      const probe = PROBES[feature];
      has = probe === undefined || webAssembly.validate(moduleOf(probe));
      known.set(feature, has);
    }
    return !has;
  });
  const mixes = lacking.length === 0 && all.has('exceptions') && all.has('legacy-exceptions');
  return mixes && !webAssembly.validate(moduleOf(BOTH_EXCEPTIONS)) ? ['legacy-exceptions'] : lacking;
}
