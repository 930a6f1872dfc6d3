// A program for one request: input in, output and exit code back, nothing left of it.
import { readFile } from 'node:fs/promises';
import { createEnclavePool } from 'enclasm/enclave';

const pool = createEnclavePool({ size: 2 });
const sort = pool.program(await readFile(new URL('../samples/sort.wasm', import.meta.url)));
const limits = { timeoutMs: 10_000, memoryBytes: 16 << 20 };
const { exitCode, stdout } = await pool.runProgram(sort, { args: ['sort'], stdin: 'b\nc\na\n', limits });
console.log(exitCode, new TextDecoder().decode(stdout)); // 0 a b c, a line each
await pool.close();
