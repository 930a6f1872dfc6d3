// Our decoder and validator alone as a target: every module of the suite is decoded and validated, nothing runs.
import { readBranchHints } from '#src/binary/branch-hints.js';
import { decode } from '#src/binary/decode.js';
import { validate } from '#src/validate/validate.js';
import type { Module } from '#src/wasm/module.js';
import { classify } from '#src/wast/script-errors.js';
import type { SpecTarget } from '#src/wast/script-target.js';

export function createValidateTarget(): SpecTarget {
  return {
    name: 'validate',
    executes: false,
    tellsMalformedFromInvalid: true,
    hasLinkTexts: false,
    spectest: { table64: true, sharedMemory: true },
    compile(bytes, features) {
      return validate(decode(bytes, { features }), { features });
    },
    checkCustomSections: (module) => void readBranchHints(module as Module),
    instantiate() {
      throw new Error('this mode makes no instances');
    },
    classify,
    excuse: () => undefined,
  };
}
