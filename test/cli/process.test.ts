// The commands as processes, as they are installed: exit codes, signals, closed pipes, full disks, enclaves in workers and processes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, ROOT, SAMPLES, temporaryFolder, writeModule } from './support.js';

const ENCLASM = join(ROOT, 'dist/bin/enclasm.cjs');
const IWASM = join(ROOT, 'dist/bin/iwasm.cjs');
const folder = temporaryFolder();
const functions = writeModule(folder, 'functions.wasm', FUNCTIONS);
/** Writes a line for ever. */
const TALKER = writeModule(
  folder,
  'talker.wasm',
  `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
    (data (i32.const 16) "again\\0a")
    (func (export "_start") (loop $again
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      br $again)))`,
);
/** Writes a line to kept.txt in its first directory, then to standard output, then works for ever. */
const WRITER = `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00")
    (data (i32.const 16) "kept\\0akept.txt")
    (func (export "_start")
      (drop (call $open (i32.const 3) (i32.const 0) (i32.const 21) (i32.const 8) (i32.const 9) (i64.const 64) (i64.const 0)
        (i32.const 0) (i32.const 64)))
      (drop (call $write (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (loop (br 0))))`;
const ERASE = '\r\x1b[2K';
/** Writes a line, then nothing for ever. */
const BUSY = `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
    (data (i32.const 16) "first\\0a")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (loop (br 0))))`;

function run(words: readonly string[], options: { input?: string; stdio?: 'ignore'[] | (number | 'pipe')[] } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENCLASM, ...words], { encoding: 'utf8', ...options });
  return { status, stdout, stderr };
}
function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal })));
}

// They are what `npm test` builds first.
describe.skipIf(!existsSync(ENCLASM))('as a process', () => {
  it('keeps the code that was compiled, and replaces what V8 refuses', () => {
    const bin = join(folder, 'kept');
    const version = () =>
      spawnSync(process.execPath, [ENCLASM, 'version', `--cache-dir=${bin}`], { encoding: 'utf8' }).stdout;
    const first = version();
    expect(first).toMatch(/enclasm \d/);
    const [code] = readdirSync(bin).filter((name) => name.endsWith('-tools'));
    const size = statSync(join(bin, code!)).size;
    truncateSync(join(bin, code!), 1000);
    expect(version()).toBe(first);
    expect(statSync(join(bin, code!)).size).toBeGreaterThan(size / 2);
    const kept = statSync(join(bin, code!)).ino;
    expect(version()).toBe(first);
    expect(statSync(join(bin, code!)).ino).toBe(kept);
  });
  it('gives exit codes and output', () => {
    expect(run(['run', '-f', 'add', functions, '1', '2'])).toEqual({ status: 0, stdout: '0x3:i32\n', stderr: '' });
    expect(run(['run', functions, 'a', 'b']).status).toBe(3);
    expect(run(['run', join(folder, 'none.wasm')]).status).toBe(255);
    expect(
      run(['run', join(SAMPLES, 'wc.wasm')], { input: 'one two\n' })
        .stdout.trim()
        .split(/\s+/),
    ).toEqual(['1', '2', '8']);
  });
  it.each([[[]], [['--enclave']]])('calls functions line by line (%j)', (enclave) => {
    const { status, stdout, stderr } = run(['run', ...enclave, '--repl', functions], {
      input: 'add 1 2\ncrash\nadd 3 4\n',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '0x3:i32\nException: unreachable\n0x7:i32\n',
      stderr: '',
    });
    expect(
      spawnSync(process.execPath, [IWASM, '--repl', functions], { input: 'add 1 2\n', encoding: 'utf8' }).stdout,
    ).toBe('webassembly> 0x3:i32\nwebassembly> \n');
  });
  it('assembles text where the development dependency is', () => {
    writeFileSync(join(folder, 'text.wat'), '(module (func (export "seven") (result i32) i32.const 7))');
    expect(run(['run', '-f', 'seven', join(folder, 'text.wat')])).toEqual({
      status: 0,
      stdout: '0x7:i32\n',
      stderr: '',
    });
  });
  it.each(['worker', 'process'])('does the same inside an enclave (%s)', (kind) => {
    const wc = ['--dir', SAMPLES, join(SAMPLES, 'wc.wasm'), join(SAMPLES, 'data/poem.txt')];
    expect(run(['run', `--enclave=${kind}`, ...wc])).toEqual(run(['run', ...wc]));
    const counted = run(['run', `--enclave=${kind}`, join(SAMPLES, 'wc.wasm')], { input: 'one two\n' });
    expect(counted.stdout.trim().split(/\s+/)).toEqual(['1', '2', '8']);
    expect(run(['run', `--enclave=${kind}`, '-f', 'crash', functions])).toEqual(run(['run', '-f', 'crash', functions]));
  });
  it('ends a guest with its worker at a hard deadline, and reports it', () => {
    const endless = writeModule(folder, 'endless.wasm', '(module (func (export "_start") (loop $again br $again)))');
    const words = ['run', '--enclave', '--deadline=hard', '--timeout=900ms', '--json', endless];
    const { status, stderr } = run(words);
    const soft = run(words.filter((word) => !word.startsWith('--deadline')));
    expect(status).toBe(soft.status);
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!)).toMatchObject({
      exitCode: status,
      error: {
        text: expect.stringContaining(
          'stopped at its limit of 900 ms (timeoutMs): the guest was ended with its enclave',
        ),
      },
    });
  });
  it.each([[[]], [['--enclave']], [['--enclave=process']]])('ends on Ctrl-C, and quickly (%j)', async (enclave) => {
    const child = spawn(process.execPath, [ENCLASM, 'run', ...enclave, TALKER], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr!.on('data', (chunk) => (err += chunk));
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    child.stdout!.resume();
    const start = performance.now();
    child.kill('SIGINT');
    const { code, signal } = await ended(child);
    // Shells say 130 in both cases.
    expect(signal ?? code).toBe(enclave.length === 0 ? 'SIGINT' : 130);
    // The guest talks without end.
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(err).not.toContain('at ');
  });
  it.each([
    ['host', []],
    ['jit', []],
    ['interp', []],
    ['host', ['--enclave']],
    ['interp', ['--enclave=process']],
  ])('loses nothing of what the guest wrote on Ctrl-C, and shells say 130 (mode %s %j)', async (mode, enclave) => {
    const writer = writeModule(folder, 'writer.wasm', WRITER);
    const output = join(folder, `lines-${mode}${enclave.length}.txt`);
    rmSync(join(folder, 'kept.txt'), { force: true });
    // The shell tells the exit code of a child that a signal ended; only the child gets the signal.
    const script = '"$0" "$@" >"$OUTPUT" & echo $!; wait $!; echo $?';
    const words = [ENCLASM, 'run', `--mode=${mode}`, ...enclave, '--dir', folder, writer];
    const shell = spawn('sh', ['-c', script, process.execPath, ...words], {
      env: { ...process.env, OUTPUT: output },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    shell.stdout!.on('data', (chunk) => (said += chunk));
    // The guest has written both by the time it says so.
    while (!existsSync(output) || readFileSync(output, 'utf8') === '') await sleep(20);
    process.kill(Number(said.split('\n')[0]), 'SIGINT');
    await ended(shell);
    expect(said.split('\n')[1]).toBe('130');
    expect(readFileSync(join(folder, 'kept.txt'), 'utf8')).toBe('kept\n');
    expect(readFileSync(output, 'utf8')).toBe('kept\n');
  });
  it.each([[[]], [['--enclave']]])('ends the guest when nobody reads its output (%j)', async (enclave) => {
    const child = spawn(process.execPath, [ENCLASM, 'run', ...enclave, TALKER], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr!.on('data', (chunk) => (err += chunk));
    child.stdout!.once('data', () => child.stdout!.destroy());
    expect(await ended(child)).toEqual({ code: 141, signal: null });
    expect(err).toBe('enclasm: standard output: broken pipe: its reader has gone\n');
  });
  // A disk that is always full: Linux has one.
  it.skipIf(!existsSync('/dev/full')).each([[[]], [['--enclave']]])('says when the disk is full (%j)', (enclave) => {
    const full = openSync('/dev/full', 'w');
    const words = ['run', ...enclave, join(SAMPLES, 'hello.wasm')];
    const { status, stderr } = run(words, { stdio: ['pipe', full, 'pipe'] });
    expect([status, stderr]).toEqual([
      1,
      'enclasm: standard output: no space left on the device; the output is incomplete\n',
    ]);
    const results = run(['run', '-f', 'add', functions, '1', '2'], { stdio: ['pipe', full, 'pipe'] });
    expect([results.status, results.stderr]).toEqual([1, expect.stringContaining('no space left on the device')]);
    expect(results.stderr.trimEnd().split('\n')).toHaveLength(1);
    closeSync(full);
  });
  // `script` (util-linux) makes a terminal for a test that has none.
  describe.skipIf(!existsSync('/usr/bin/script'))('on a terminal', () => {
    const spin = (words: string): string =>
      `"${process.execPath}" "${ENCLASM}" run --timeout=1300ms ${words} -f spin "${functions}"`;
    const onTerminal = (command: string, environment: Readonly<Record<string, string>> = { NO_COLOR: '1' }): string =>
      spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      }).stdout;
    /** What a terminal shows in the end: erased lines are gone. */
    const screen = (text: string): string =>
      text
        .split('\n')
        .map((line) => line.split(ERASE).at(-1)!.replaceAll('\r', ''))
        .join('\n');

    it.each(['--mode=host', '--mode=interp', '--enclave'])(
      'tells what takes longer than a second, and erases that (%s)',
      (words) => {
        const shown = onTerminal(spin(words));
        expect(shown).toContain('functions.wasm: running, 1 s');
        expect(screen(shown)).toMatch(/^enclasm: \S*functions.wasm: stopped at its limit of 1300 ms.*\n$/);
      },
    );
    it('writes the word that starts an error in colour', () => {
      const shown = onTerminal(`"${process.execPath}" "${ENCLASM}" run nothing.wasm`, {});
      expect(shown.startsWith('\x1b[1m\x1b[31menclasm:\x1b[0m ')).toBe(true);
      expect(onTerminal(`"${process.execPath}" "${ENCLASM}" run nothing.wasm`)).not.toContain('\x1b');
    });
    it('says nothing with --json, nor where standard error is no terminal', () => {
      expect(onTerminal(spin('--json'))).not.toContain('running');
      expect(onTerminal(`${spin('')} 2>"${folder}/err"`)).toBe('');
      expect(readFileSync(join(folder, 'err'), 'utf8')).not.toContain('running');
    });
    it('leaves the terminal to a guest that writes there', () => {
      const busy = writeModule(folder, 'busy.wasm', BUSY);
      const own = onTerminal(`"${process.execPath}" "${ENCLASM}" run --timeout=1300ms "${busy}"`);
      expect(own).toMatch(/^first\r\nenclasm: .*\r\n$/);
      const elsewhere = onTerminal(
        `"${process.execPath}" "${ENCLASM}" run --timeout=1300ms "${busy}" >"${folder}/out"`,
      );
      expect(elsewhere).toContain('running, 1 s');
      expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('first\n');
    });
  });
  describe('output that nobody reads', () => {
    const WAYS = [[], ['--enclave=same-thread'], ['--enclave=worker'], ['--enclave=process']];
    const OUTPUTS = ['pipe', 'socket'] as const;
    it.each(WAYS.flatMap((way) => OUTPUTS.map((output) => ({ way, output }))))(
      'does not outlive --timeout: $way to a $output',
      async ({ way, output }) => {
        const words = [ENCLASM, 'run', '--timeout', '500', ...way, TALKER];
        // Whoever would read sleeps for longer than the test may take, and is ended here.
        const child =
          output === 'socket'
            ? spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
            : spawn(
                'bash',
                ['-c', `{ "$@"; echo "status $?" >&2; } | exec sleep 60`, 'bash', process.execPath, ...words],
                {
                  stdio: ['ignore', 'ignore', 'pipe'],
                  detached: true,
                },
              );
        let said = '';
        const ended = new Promise<void>((resolve) => {
          child.stderr!.setEncoding('utf8').on('data', (text: string) => {
            said += text;
            if (output === 'pipe' && said.includes('status ')) resolve();
          });
          child.once('exit', (code) => {
            said += `status ${code}`;
            resolve();
          });
        });
        await Promise.race([ended, sleep(20_000)]);
        if (output === 'pipe') process.kill(-child.pid!, 'SIGKILL');
        else child.kill('SIGKILL');
        expect(said).toContain('timeoutMs');
        expect(said).toMatch(/status [1-9]/);
      },
      30_000,
    );
  });

  it('runs with its standard streams closed', () => {
    const script = `"${process.execPath}" "${ENCLASM}" run "${join(SAMPLES, 'wc.wasm')}" <&- ; echo "code $?"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(stdout).toContain('code 0');
    expect(stderr).toBe('');
    const silent = spawnSync('sh', ['-c', `"${process.execPath}" "${ENCLASM}" version >&- 2>&-; echo "code $?"`], {
      encoding: 'utf8',
    });
    expect(silent.stdout).toMatch(/^code [01]\n$/);
  });
  it('runs the example of the README', () => {
    const [, example] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))!;
    // Inside the package, so that 'enclasm' means this one.
    const file = join(ROOT, 'build', 'readme-example.mjs');
    writeFileSync(file, example!);
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', cwd: ROOT });
    rmSync(file);
    expect(stdout).toContain('/data/poem.txt');
    expect(stdout).toContain('exitCode: 0');
    expect(stderr).toBe('');
  });
  it('starts the samples of the documentation', () => {
    const { stdout } = spawnSync(
      process.execPath,
      [ENCLASM, 'run', '--dir', '.', 'samples/grep.wasm', 'harbour', 'samples/data/story.txt'],
      {
        encoding: 'utf8',
        cwd: ROOT,
      },
    );
    expect(stdout).toContain('harbour');
  });
});
