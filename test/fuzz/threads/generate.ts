// Makes a random program with threads from a seed and a number: the same program every time. Refuses nothing.
import { Random } from '../random.js';
import { DEPTH, type Program, RMW, type Statement, WORDS } from './program.js';

const MOST_BODIES = 3;
const MOST_STATEMENTS = 6;
/** Enough for a few hundred turns with a seed. */
const FUEL = 400_000;
/** A thread costs the host an instance: a program may start a few hundred. */
const HOST_CALLS = 500;

export function generateProgram(seed: number, number: number): Program {
  const random = new Random(seed, number);
  const bodies = 1 + random.below(MOST_BODIES);
  const body = (): Statement[] => statements(random, bodies, 0);
  return {
    bodies: Array.from({ length: bodies }, body),
    // Threads that the first call leaves stand still until the second.
    calls: Array.from({ length: 1 + random.below(3) }, () => [
      { does: 'spawn', body: random.below(bodies) },
      ...body(),
    ]),
    limits: {
      fuel: random.oneIn(4) ? 1 + random.below(30_000) : FUEL,
      threads: random.below(6),
      hostCalls: random.oneIn(8) ? random.below(40) : HOST_CALLS,
    },
  };
}

function statements(random: Random, bodies: number, depth: number): Statement[] {
  return Array.from({ length: 1 + random.below(MOST_STATEMENTS) }, () => statement(random, bodies, depth));
}
function statement(random: Random, bodies: number, depth: number): Statement {
  const at = random.below(WORDS);
  switch (random.below(18)) {
    case 0:
    case 1:
    case 2:
      return { does: 'rmw', op: random.pick(RMW), at, value: random.below(4) };
    case 3:
    case 4:
      return { does: 'race', at, spins: random.pick([1, 10, 3_000]) };
    case 5:
      return { does: 'load', at };
    case 6:
    case 7:
      return { does: 'wait', at, expected: random.below(3), ns: random.pick([-1, 0, 1_000, 5_000_000, 3e12]) };
    case 8:
    case 9:
      return { does: 'notify', at, count: random.pick([0, 1, 2, -1]) };
    case 10:
    case 11:
      return { does: 'spawn', body: random.below(bodies) };
    case 12:
    case 13:
      if (depth >= DEPTH) return { does: 'yield' };
      return { does: 'loop', times: random.pick([2, 3, 50]), inside: statements(random, bodies, depth + 1) };
    case 14:
      return { does: 'tell' };
    case 15:
      return { does: random.pick(['join', 'join', 'yield', 'clock']) };
    case 16:
      return { does: random.pick(['grow', 'clock', 'yield']) };
    default:
      if (random.oneIn(3)) return { does: 'exit', code: random.below(100) };
      return random.oneIn(3) ? { does: 'trap' } : { does: 'tell' };
  }
}

/** Each word is changed by one operation alone, which commutes with itself. */
function orderlessStatement(random: Random, depth: number): Statement {
  const at = random.below(WORDS);
  const change: Statement = { does: 'rmw', op: COMMUTING[at % COMMUTING.length]!, at, value: random.below(1 << 16) };
  const deeper = depth < DEPTH - 1;
  switch (random.below(deeper ? 10 : 8)) {
    case 0:
      // Within loops in loops there may be a million, which workers wait for on the machine's clock.
      return { does: 'wait', at, expected: random.below(3), ns: random.pick([0, 1_000]) * (depth > 1 ? 0 : 1) };
    case 1:
      return { does: 'notify', at, count: random.pick([0, 1, -1]) };
    case 2:
      return depth === 0 ? { does: random.pick(['grow', 'yield', 'clock']) } : change;
    case 8:
    case 9: {
      const inside = Array.from({ length: 1 + random.below(3) }, () => orderlessStatement(random, depth + 1));
      return { does: 'loop', times: random.pick([2, 30, 1_000]), inside };
    }
    default:
      return change;
  }
}
const COMMUTING = ['add', 'sub', 'xor', 'or', 'and'] as const;

/** A program of which no order of its threads changes what the memory holds in the end. */
export function generateOrderless(seed: number, number: number): Program {
  const random = new Random(seed, number);
  const bodies = 1 + random.below(MOST_BODIES);
  const body = (): Statement[] =>
    Array.from({ length: 1 + random.below(MOST_STATEMENTS) }, () => orderlessStatement(random, 0));
  const spawns = (): Statement[] =>
    Array.from({ length: 1 + random.below(3) }, () => ({ does: 'spawn', body: random.below(bodies) }));
  return {
    bodies: Array.from({ length: bodies }, body),
    calls: Array.from({ length: 1 + random.below(2) }, () => [...spawns(), ...body()]),
    limits: { fuel: 1_000_000_000, threads: 3, hostCalls: 1_000 },
    orderless: true,
  };
}
