// The file programs of test/wasi/c inside enclaves: what a file's place is, and how much one call transfers, is the same over every transport.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '#src/platform/memory-fs/memory-file-system.js';
import { OsFileSystem } from '#src/platform/node/os-directory.js';
import { projectRoot } from '../helpers/wat.js';
import { open, SUBJECTS } from './enclaves.js';

const PROGRAMS = ['append-place', 'append-two', 'many-buffers', 'readlink-slash', 'fd_fdstat_set_flags', 'fd_pwrite'];

describe.each(SUBJECTS.filter(({ waits }) => waits))('$name', (subject) => {
  test.each(['host, by descriptor', 'host, checked', 'memory'])('%s', async (place) => {
    const folder = mkdtempSync(join(tmpdir(), 'enclasm-enclave-files-'));
    const files =
      place === 'memory'
        ? new MemoryFileSystem()
        : new OsFileSystem(folder, place === 'host, checked' ? 'checked' : 'descriptor');
    const printed: string[] = [];
    const stdout = (bytes: Uint8Array): void => void printed.push(Buffer.from(bytes).toString());
    const enclave = await open(subject, { grants: [files], stdout });
    try {
      await enclave.initRuntime({ options: {} });
      for (const name of PROGRAMS) {
        const bytes = readFileSync(join(projectRoot(), 'test/wasi/c', `${name}.wasm`));
        const { module } = await enclave.loadModule({ bytes });
        const preopens = [{ guestPath: '/fs', grant: 0, readOnly: false }];
        await enclave.setWasiArgs({ module, options: { preopens, stdout: 'host' } });
        const { instance } = await enclave.instantiateModule({ module });
        await enclave.execAppMain({ instance, argv: [name] });
        await enclave.deinstantiateModule({ instance });
      }
      expect(printed.join('')).toBe(PROGRAMS.map((name) => `ok ${name}\n`).join(''));
      expect(enclave.openNodes).toBe(0);
    } finally {
      await enclave.close();
      rmSync(folder, { recursive: true });
    }
  });
});
