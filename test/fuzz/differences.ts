// Where V8 is known to differ from the specification, or leaves open what the specification leaves open: what the fuzzer skips, and why.
// An entry names the smallest set of modules it can.
import { CodeReader } from '#src/binary/code-reader.js';
import type { ValidatedModule } from '#src/wasm/module.js';
import { OPCODES } from '#src/wasm/opcodes.js';

interface ValidityRule {
  readonly reason: string;
  /** "valid" or an error's text. */
  applies(ours: string, theirs: string): boolean;
}

const VALIDITY: readonly ValidityRule[] = [
  {
    reason: "V8's implementation limits are its own",
    applies: (_, theirs) =>
      /implementation limit|exceeds (internal|implementation|the)|> max|maximum .* exceeded|too large|too many|larger than/i.test(
        theirs,
      ),
  },
  {
    reason: 'V8 refuses legacy and new exception handling in one module; the specification has one of them only',
    applies: (_, theirs) => /mix of legacy and new exception/.test(theirs),
  },
  {
    reason: 'V8 accepts an empty element segment of a number type',
    applies: (ours, theirs) => theirs === 'valid' && /malformed reference type/.test(ours),
  },
  {
    reason: 'V8 takes a reference of unknown type, in unreachable code, for a value of any type',
    applies: (ours, theirs) => theirs === 'valid' && /\(ref bottom\)/.test(ours),
  },
  {
    reason: 'our implementation limits',
    applies: (ours) => /^LimitError|implementation limit/.test(ours),
  },
];

/** Why a disagreement on validity is none of ours; undefined: it is one. */
export function excuseValidity(ours: string, theirs: string): string | undefined {
  return VALIDITY.find((rule) => rule.applies(ours, theirs))?.reason;
}

const WAITS = new Set([OPCODES['memory.atomic.wait32'].code, OPCODES['memory.atomic.wait64'].code]);

function mentions(module: ValidatedModule, codes: ReadonlySet<number>): boolean {
  const reader = new CodeReader(module.bytes);
  return module.functions.some(({ code }) => {
    reader.seek(code.start, code.end);
    for (let op = reader.next(); op >= 0; op = reader.next()) if (codes.has(op)) return true;
    return false;
  });
}

/** Why what a valid module does cannot be compared with V8; undefined: it can. */
export function incomparable(module: ValidatedModule): string | undefined {
  if (module.usedFeatures.has('relaxed-simd')) return 'relaxed instructions give what the processor gives';
  if (mentions(module, WAITS)) return 'Node may not wait in its main thread';
  return undefined;
}

/** Whether nobody can run it: it would wait for a thread that is not there. */
export function waits(module: ValidatedModule): boolean {
  return mentions(module, WAITS);
}

/** Why what a module does in a running mode cannot be compared with the other modes; undefined: it can. */
export function incomparableIn(mode: string, module: ValidatedModule): string | undefined {
  return mode === 'host' && module.usedFeatures.has('relaxed-simd')
    ? 'relaxed instructions give what the processor gives'
    : undefined;
}
