// docs/enclave.md tells the truth: its tables are the code's, and each of its examples runs as it stands.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '#src/enclave/protocol/commands.js';
import { OCALLS } from '#src/enclave/protocol/ocalls.js';
import { enclaveDocs } from '../../scripts/gen-enclave-docs.js';
import { testExamples } from '../helpers/doc-examples.js';
import { projectRoot } from '../helpers/wat.js';

const root = projectRoot();
const text = readFileSync(join(root, 'docs/enclave.md'), 'utf8');

describe('docs/enclave.md', () => {
  it('has the tables of the code', () => {
    expect(enclaveDocs(text)).toBe(text);
  });

  testExamples('docs/enclave.md');
});

describe('the numbers of the tables', () => {
  it('are for ever: commands', () => {
    expect(Object.fromEntries(Object.values(COMMANDS).map(({ name, n }) => [name, n]))).toEqual({
      INIT_RUNTIME: 0,
      LOAD_MODULE: 1,
      INSTANTIATE_MODULE: 2,
      LOOKUP_FUNCTION: 3,
      CREATE_EXEC_ENV: 4,
      CALL_WASM: 5,
      EXEC_APP_FUNC: 6,
      EXEC_APP_MAIN: 7,
      GET_EXCEPTION: 8,
      DEINSTANTIATE_MODULE: 9,
      UNLOAD_MODULE: 10,
      DESTROY_RUNTIME: 11,
      SET_WASI_ARGS: 12,
      SET_LOG_LEVEL: 13,
      GET_VERSION: 14,
      HANDSHAKE: 32,
      PING: 33,
      ECHO: 34,
      GET_USAGE: 35,
      GET_MEM_ALLOC_INFO: 36,
      DESTROY_EXEC_ENV: 37,
      SET_EXCEPTION: 38,
      CLEAR_EXCEPTION: 39,
      TERMINATE: 40,
      LIST_EXPORTS: 41,
      LIST_IMPORTS: 42,
      REGISTER_NATIVES: 43,
      REGISTER_MODULE: 44,
      MODULE_MALLOC: 45,
      MODULE_FREE: 46,
      READ_MEMORY: 47,
      WRITE_MEMORY: 48,
      COUNT_HANDLES: 49,
      RELEASE_REFERENCE: 50,
      INSTANTIATE_PLUGIN: 51,
      CALL_PLUGIN: 52,
      RUN_PROGRAM: 53,
      SPAWN_THREAD: 54,
      JOIN_THREAD: 55,
      CANCEL_THREAD: 56,
      COUNT_THREADS: 57,
      DETACH_THREAD: 58,
    });
  });
  it('are for ever: ocalls', () => {
    const numbers = Object.values(OCALLS).map(({ n }) => n);
    expect(numbers).toEqual([
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      16,
      17,
      18,
      19,
      20,
      21,
      22,
      23,
      24,
      25,
      26,
      27,
      28,
      29,
      30,
      ...range(32, 45),
      ...range(64, 78),
    ]);
    expect(
      Object.values(OCALLS)
        .map(({ name }) => name)
        .join(' '),
    ).toBe(
      'PRINT READ_INPUT LOG CLOCK_TIME RANDOM CALL_NATIVE READ_MODULE CALL_BYTES OPEN_GRANT CLOSE_NODE STAT_NODE SET_TIMES SYNC_NODE READ_FILE ' +
        'WRITE_FILE FILE_SIZE SET_FILE_SIZE SET_APPEND FILE_READY FILE_PLACE WRITE_AT_PLACE READ_AT_PLACE OPEN_STREAM OPEN_AT OPEN_DIRECTORY_AT DUPLICATE_DIRECTORY READ_LINK_AT STAT_AT ' +
        'SET_TIMES_AT LIST_DIRECTORY ENTRY_AT MAKE_DIRECTORY_AT REMOVE_DIRECTORY_AT UNLINK_AT SYMBOLIC_LINK_AT LINK_AT RENAME_AT ' +
        'OPEN_SOCKET CLOSE_SOCKET BIND_SOCKET LISTEN_SOCKET CONNECT_SOCKET ACCEPT_SOCKET RECEIVE_SOCKET SEND_SOCKET SHUTDOWN_SOCKET ' +
        'SOCKET_ADDRESS SET_SOCKET_OPTION GET_SOCKET_OPTION JOIN_GROUP SOCKET_READY RESOLVE_NAME',
    );
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, k) => from + k);
}
