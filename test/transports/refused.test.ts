// What a limit refused a guest is said over every transport: with the trap, and with a program's exit code. Output beyond its limit is an error by itself.
import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '#src/entry/libraries.js';
import { REFUSED_GUEST, REFUSED_LIMITS, REFUSED_TEXTS } from '../helpers/refused-guest.js';
import { assemble } from '../helpers/wat.js';
import { open, SUBJECTS } from './enclaves.js';

const WRITER = assemble(`(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\\10\\00\\00\\00\\08\\00\\00\\00")
  (func (export "_start") (local $left i32) (local.set $left (i32.const 20)) (loop $again
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))`);

for (const subject of SUBJECTS) {
  describe(`refused, ${subject.name}`, () => {
    test('memory, tables, files, output', async () => {
      const enclave = await open(subject, { grants: [new MemoryFileSystem({ 'a.txt': 'inside' })] });
      try {
        await enclave.initRuntime();
        const { module } = await enclave.loadModule({ bytes: REFUSED_GUEST });
        // Without shared memory no file system of this side can be waited for.
        const preopens = subject.waits ? [{ guestPath: '/', readOnly: false, grant: 0 }] : [];
        await enclave.setWasiArgs({ module, options: { preopens } });
        const options = { limits: REFUSED_LIMITS };
        const { instance } = await enclave.instantiateModule({ module, options });
        for (const [name, text] of Object.entries(REFUSED_TEXTS)) {
          if (!subject.waits && name !== 'memory_grow' && name !== 'table_grow') continue;
          await expect(enclave.execAppFunc({ instance, name, argv: [] })).rejects.toMatchObject({
            kind: 'trap',
            message: `unreachable, after ${text}`,
          });
        }
        const run = { module, options, maxOutputBytes: 100 };
        const ended = { exitCode: 1, ...(subject.waits && { refused: REFUSED_TEXTS.file }) };
        expect(await enclave.execAppMain({ instance, argv: [] })).toMatchObject(ended);
        expect(await enclave.runProgram({ ...run, wasi: { preopens } })).toMatchObject(ended);
        const writer = await enclave.loadModule({ bytes: WRITER });
        await expect(enclave.runProgram({ ...run, module: writer.module })).rejects.toMatchObject({
          fault: 'output-too-long',
          message: expect.stringContaining('maxOutputBytes'),
        });
        const limited = { ...run, module: writer.module, options: { limits: { outputBytes: 50 } } };
        await expect(enclave.runProgram(limited)).rejects.toMatchObject({ limit: 'outputBytes', value: 50 });
      } finally {
        await enclave.close();
      }
    });
  });
}
