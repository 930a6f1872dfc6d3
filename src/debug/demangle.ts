// Names of Rust and C++ as programmers write them. Refuses nothing: a name that is not wholly understood stays as it is.
import { demangledCpp } from './demangle-cpp.js';
import { demangledRust } from './demangle-rust.js';

/** The longest name that is looked at. */
const LONGEST = 4_096;

/** `_ZN4core3fmt5write17h0123456789abcdefE` becomes `core::fmt::write`. */
export function demangled(name: string): string {
  if (name.length > LONGEST || !/^_?_(Z|R)/.test(name)) return name;
  return demangledRust(name) ?? demangledCpp(name) ?? name;
}
