import { expect, test } from 'vitest';
import { testPlatform } from '../../../test/helpers/test-platform.js';
import { createWasi, SOCKET_CALLS, WASI_CALLS, wasiImport } from './index.js';
import { parametersOf } from './parameter-names.js';

test('each call has as many names as parameters', () => {
  const state = createWasi({}, testPlatform());
  const names = [...WASI_CALLS, ...SOCKET_CALLS];
  expect(names.length).toBeGreaterThan(80);
  for (const name of names) {
    const { params } = wasiImport(state, 'wasi_snapshot_preview1', name)!;
    expect([name, parametersOf(name).length]).toEqual([name, params.length]);
  }
  state.close();
});
test('a text is followed by its length', () => {
  expect(parametersOf('path_unlink_file').map(({ name, shows }) => `${name} ${shows}`)).toEqual([
    'fd number',
    'path text',
    'path_len number',
  ]);
  expect(parametersOf('no_such_call')).toEqual([]);
});
