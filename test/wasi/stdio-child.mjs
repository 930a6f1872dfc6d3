// The process of stdio.test.ts: a guest that reads its standard input and writes what it got, both the process's own.
// Arguments: bytes to read at most per call, deadline in milliseconds. Exit code 3: the deadline, 4: an errno, printed on standard error.
import { createWasi, wasiImport } from '#src/imports/wasi/index.js';
import { ERRNO_NAMES } from '#src/platform/errno.js';
import { nodePlatform } from '#src/platform/node/platform.js';
import { MemoryViews } from '#src/runtime/memory.js';
import { Meter } from '#src/runtime/meter.js';
import { Slots } from '#src/runtime/slots.js';
import { LimitError } from '#src/wasm/errors.js';

const [length, timeoutMs] = process.argv.slice(2).map(Number);
const platform = nodePlatform();
const wasi = createWasi({ stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' }, platform);
const [fd_read, fd_write] = ['fd_read', 'fd_write'].map((name) => wasiImport(wasi, 'wasi_snapshot_preview1', name));
const views = new MemoryViews(new ArrayBuffer(65_536), 0, 65_536);
const meter = new Meter(platform);
meter.begin({ timeoutMs });
const usage = { bytesRead: 0, bytesWritten: 0 };
const env = { store: { meter }, instance: { memories: [{ views }], usage, disposers: [] } };
const slots = new Slots(8);

function call({ code }, fd, bytes) {
  views.data.setUint32(0, 64, true);
  views.data.setUint32(4, bytes, true);
  [fd, 0, 1, 8].forEach((value, k) => {
    slots.i32[4 * k] = value;
  });
  code(env, slots);
  if (slots.i32[0] !== 0) {
    process.stderr.write(ERRNO_NAMES[slots.i32[0]]);
    process.exit(4);
  }
  return views.data.getUint32(8, true);
}

try {
  for (let got = call(fd_read, 0, length); got > 0; got = call(fd_read, 0, length)) {
    for (let left = got; left > 0; ) {
      const written = call(fd_write, 1, left);
      views.u8.copyWithin(64, 64 + written, 64 + left);
      left -= written;
    }
  }
  call(fd_write, 2, 0);
} catch (thrown) {
  process.exitCode = thrown instanceof LimitError ? 3 : 1;
  if (process.exitCode === 1) throw thrown;
} finally {
  wasi.close();
}
