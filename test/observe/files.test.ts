// Profiles, coverage and core dumps of a program in C, in every mode: by fuel and by place they are the same bytes everywhere.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { decode } from '#src/binary/decode.js';
import type { WasmInstance } from '#src/embed/instance/wasm-instance.js';
import { CoverageRecorder, combineObservers, coreDump, Profiler } from '#src/entry/debug.js';
import { Trap } from '#src/wasm/errors.js';
import { projectRoot } from '../helpers/wat.js';
import { type ModeWorld, modeCases } from '../modes/mode-cases.js';

const FOLDER = join(projectRoot(), 'test/observe/c');
const SHAPES = new Uint8Array(readFileSync(join(FOLDER, 'shapes.wasm')));
const SOURCE = readFileSync(join(FOLDER, 'shapes.c'), 'utf8').split('\n');
const lineOf = (text: string): number => SOURCE.findIndex((line) => line.includes(text)) + 1;

/** What the first mode made: the others must make the same. */
const first = new Map<string, string>();
function expectSame(what: string, text: string): void {
  if (!first.has(what)) first.set(what, text);
  // The texts are too long to be shown.
  expect(text === first.get(what)).toBe(true);
}

function runProgram({ startBytes }: ModeWorld, args: readonly string[], options: object): WasmInstance {
  return startBytes(SHAPES, { name: 'shapes', wasi: { args: ['shapes', ...args], stdout: () => {} }, ...options });
}

interface Event {
  readonly type: 'O' | 'C';
  readonly frame: number;
  readonly at: number;
}
interface Speedscope {
  readonly shared: {
    readonly frames: readonly { readonly name: string; readonly file?: string; readonly line?: number }[];
  };
  readonly profiles: readonly { readonly events: readonly Event[]; readonly endValue: number }[];
}

/** Whether what is opened is closed in the opposite order, and the end is where it is said to be. */
function isNested(events: readonly Event[], endValue: number): boolean {
  const open: number[] = [];
  let last = 0;
  for (const { type, frame, at } of events) {
    if (at < last) return false;
    last = at;
    if (type === 'O') open.push(frame);
    else if (open.pop() !== frame) return false;
  }
  return open.length === 0 && last === endValue;
}

modeCases('files of observers', [
  {
    name: 'a profile by fuel adds up to the fuel, and is the same in each run and mode',
    run(world) {
      const texts = [0, 1].map(() => {
        const profiler = new Profiler();
        const guest = runProgram(world, [], { observe: profiler.observer, metered: true });
        expect(guest.executeMain([])).toBe(0);
        const text = profiler.text('speedscope', 'shapes');
        const { shared, profiles } = JSON.parse(text) as Speedscope;
        expect(profiles).toHaveLength(1);
        const [{ events, endValue }] = profiles as [Speedscope['profiles'][0]];
        expect(endValue).toBe(guest.usage.fuel);
        expect(isNested(events, endValue)).toBe(true);
        const square = shared.frames.findIndex(({ name }) => name === 'square');
        expect(shared.frames[square]).toEqual({
          name: 'square',
          file: 'test/observe/c/shapes.c',
          line: lineOf('int square('),
        });
        const [begin, end] = events.filter(({ frame }) => frame === square) as [Event, Event];
        expect([begin.type, end.type]).toEqual(['O', 'C']);
        expect(end.at - begin.at).toBeGreaterThan(endValue / 2);
        expectSame('firefox', profiler.text('firefox', 'shapes'));
        return text;
      });
      expect(texts[0]).toBe(texts[1]);
      expectSame('speedscope', texts[0]!);
    },
  },
  {
    name: 'a profile for the Firefox profiler has tables of equal lengths, whose numbers are in them',
    run(world) {
      const profiler = new Profiler('ms');
      expect(runProgram(world, [], { observe: profiler.observer }).executeMain([])).toBe(0);
      world.pass(1);
      const { threads } = JSON.parse(profiler.text('firefox')) as { threads: Record<string, never>[] };
      for (const thread of threads as unknown as Record<string, Record<string, unknown[]> & { length: number }>[]) {
        for (const name of [
          'samples',
          'stackTable',
          'frameTable',
          'funcTable',
          'resourceTable',
          'nativeSymbols',
          'markers',
        ]) {
          const table = thread[name]!;
          for (const column of Object.values(table))
            if (Array.isArray(column)) expect(column).toHaveLength(table.length);
        }
        const within = (numbers: unknown[], count: number): boolean =>
          numbers.every((one) => one === null || ((one as number) >= 0 && (one as number) < count));
        expect(within(thread.samples!.stack!, thread.stackTable!.length)).toBe(true);
        expect(within(thread.stackTable!.frame!, thread.frameTable!.length)).toBe(true);
        expect(within(thread.funcTable!.name!, thread.stringArray!.length)).toBe(true);
      }
    },
  },
  {
    name: 'a profile of a runaway is complete up to its limit',
    run({ start }) {
      const profiler = new Profiler();
      const guest = start('(module (func $f (export "f") (call $g)) (func $g (call $f)))', {
        observe: profiler.observer,
        limits: { fuel: 2_500 },
      });
      expect(() => guest.lookupFunction('f')!.call()).toThrow();
      const { profiles } = JSON.parse(profiler.text('speedscope')) as Speedscope;
      expect(profiles[0]!.endValue).toBe(guest.usage.fuel);
      expectSame('runaway', profiler.text('firefox'));
    },
  },
  {
    name: 'coverage says which lines ran and how often',
    run(world) {
      const coverage = new CoverageRecorder();
      expect(runProgram(world, [], { observe: coverage.observer }).executeMain([])).toBe(0);
      const text = coverage.lcov();
      expectSame('lcov', text);
      const record = text.split('end_of_record\n').find((one) => one.includes('SF:test/observe/c/shapes.c\n'))!;
      const hits = new Map(
        [...record.matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, count]) => [Number(line), Number(count)]),
      );
      expect(record).toContain('FNDA:3,square\n');
      expect(record).toContain('FNDA:0,never\n');
      expect(hits.get(lineOf('area += side'))).toBe(60);
      expect(hits.get(lineOf('write(1, "never'))).toBe(0);
      expect(hits.get(lineOf('write(1, "done'))).toBe(1);
      expect(hits.get(lineOf('__builtin_trap'))).toBe(0);
    },
  },
  {
    name: 'a guest may be observed for all of them at once, and ends as without them',
    run(world) {
      const profiler = new Profiler();
      const coverage = new CoverageRecorder();
      let calls = 0;
      const observe = combineObservers(profiler.observer, coverage.observer, { hostCall: () => void calls++ });
      const plain = runProgram(world, ['crash'], { metered: true });
      const guest = runProgram(world, ['crash'], { observe, metered: true });
      for (const one of [plain, guest]) expect(() => one.executeMain([])).toThrow(Trap);
      expect(guest.usage.fuel).toBe(plain.usage.fuel);
      expect(calls).toBe(guest.usage.hostCalls);
      expect(coverage.lcov()).toContain('FNDA:3,crash\n');
      expectSame('crash', profiler.text('speedscope'));
    },
  },
  {
    name: 'a core dump is a module with the memory, globals and frames of the trap',
    run(world) {
      const guest = runProgram(world, ['crash'], {});
      let trap: unknown;
      try {
        guest.executeMain([]);
      } catch (error) {
        trap = error;
      }
      const { frames } = trap as Trap;
      const dump = decode(coreDump(guest, frames, 'shapes'));
      expect(dump.customSections.map(({ name }) => name)).toEqual(['core', 'corestack']);
      expect(dump.memories[0]!.limits.min).toBe(BigInt(guest.instance.memories[0]!.pages));
      expect(dump.globals).toHaveLength(decode(SHAPES).globals.length);
      const memory = new Uint8Array(guest.instance.memories[0]!.byteLength);
      for (const { mode, bytes } of dump.dataSegments) {
        if (mode.kind !== 'active') throw new Error('no active segment');
        memory.set(dump.bytes.subarray(bytes.start, bytes.end), addressOf(dump.bytes, mode.at.start));
      }
      expect(Buffer.compare(memory, guest.instance.memories[0]!.views.u8)).toBe(0);
      const stack = dump.customSections[1]!;
      const text = dump.bytes.subarray(stack.bytes.start, stack.bytes.end);
      expect([...text.subarray(0, 7)]).toEqual([0, 4, ...Buffer.from('main'), frames.length]);
      expect(text[8]).toBe(frames[0]!.functionIndex);
      guest.deinstantiate();
      expect(() => coreDump(guest, frames)).toThrow('deinstantiated');
    },
  },
  {
    name: 'modules without debug information and guests that never run give empty files',
    run({ start }) {
      const coverage = new CoverageRecorder();
      const profiler = new Profiler();
      expect([coverage.lcov(), JSON.parse(profiler.text('speedscope')).profiles]).toEqual(['', []]);
      start('(module (func (export "f")))', { observe: coverage.observer }).lookupFunction('f')!.call();
      expect(coverage.lcov()).toBe('');
    },
  },
]);

/** Reads the i32.const of a segment's offset. */
function addressOf(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let shift = 0, i = at + 1; ; shift += 7, i++) {
    value |= (bytes[i]! & 0x7f) << shift;
    if (bytes[i]! < 0x80) return value >>> 0;
  }
}
