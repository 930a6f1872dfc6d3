import { expect, test } from 'vitest';
import { demangled } from './demangle.js';

test.each([
  // Rust, old and new
  ['_ZN4core3fmt5write17h0123456789abcdefE', 'core::fmt::write'],
  [
    '_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE',
    "<Test + 'static as foo::Bar<Test>>::bar",
  ],
  ['_RNvC6_123foo3bar', '123foo::bar'],
  ['_RNvMs_NtCs1234_7mycrate3fooNtB4_3Bar3baz', '<mycrate::foo::Bar>::baz'],
  ['_RINvNtC3std3mem8align_ofjdE', 'std::mem::align_of::<usize, f64>'],
  ['_RNCNvC4test4main0', 'test::main::{closure}'],
  ['_RNvXCs1_4testNtB2_1SNtB2_1T1f', '<test::S as test::T>::f'],
  // C++
  ['_Z3fooi', 'foo(int)'],
  ['_Z3foov', 'foo()'],
  ['_ZN3FooC1Ev', 'Foo::Foo()'],
  ['_ZN3FooD2Ev', 'Foo::~Foo()'],
  ['_ZNK3Foo3getEPKc', 'Foo::get(char const*) const'],
  ['_ZNSt6vectorIiSaIiEE9push_backERKi', 'std::vector<int, std::allocator<int>>::push_back(int const&)'],
  ['_ZN3FooplERKS_', 'Foo::operator+(Foo const&)'],
  ['_Z3maxIiET_S0_S0_', 'max<int>(int, int)'],
  ['_ZTV3Foo', 'vtable for Foo'],
  ['_Z1fPFivE', 'f(int (*)())'],
  ['_ZN12_GLOBAL__N_13fooEv', '(anonymous namespace)::foo()'],
  // No mangled names
  ['main', 'main'],
  ['_Z', '_Z'],
  ['_Z3fo', '_Z3fo'],
  ['_ZZZZ', '_ZZZZ'],
  ['_RNvC3', '_RNvC3'],
  ['', ''],
])('%s', (mangled, name) => {
  expect(demangled(mangled)).toBe(name);
});

test('names that refer to themselves without end stay as they are', () => {
  const words = Array.from({ length: 60 }, () => 'PS_').join('');
  for (const name of [
    `_Z1f${'1AIS_S_E'.repeat(200)}`,
    `_Z1fP1A${words}`,
    '_RB_',
    '_RNvB_3foo',
    `_RI${'IB_'.repeat(400)}`,
    `_Z${'N'.repeat(4_000)}`,
  ]) {
    expect(typeof demangled(name)).toBe('string');
  }
});
test('every cut and every change of a name gives a name', () => {
  const names = [
    '_ZNSt6vectorIiSaIiEE9push_backERKi',
    '_RNvMs_NtCs1234_7mycrate3fooNtB4_3Bar3baz',
    '_ZN4core3fmt5write17h0123456789abcdefE',
  ];
  for (const name of names) {
    for (let at = 0; at < name.length; at++) {
      expect(typeof demangled(name.slice(0, at))).toBe('string');
      for (const letter of 'SENI9_tBZ')
        expect(typeof demangled(name.slice(0, at) + letter + name.slice(at + 1))).toBe('string');
    }
  }
});
