// Where code is kept: by the host's customs, and only where nobody else can write.
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCacheFolder, userCacheFolder } from './cache-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'enclasm-cache-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.skipIf(process.platform === 'win32').each([
  [{}, 'linux', '/home/ann', '/home/ann/.cache/enclasm'],
  [{ XDG_CACHE_HOME: '/var/cache/ann' }, 'linux', '/home/ann', '/var/cache/ann/enclasm'],
  [{ XDG_CACHE_HOME: 'here' }, 'linux', '/home/ann', '/home/ann/.cache/enclasm'],
  [{ XDG_CACHE_HOME: '' }, 'darwin', '/Users/ann', '/Users/ann/Library/Caches/enclasm'],
  [{ LOCALAPPDATA: '/C/Local' }, 'win32', '/C', '/C/Local/enclasm'],
  [{}, 'linux', '', undefined],
])('%j on %s, home %j: %j', (env, platform, home, expected) => {
  expect(userCacheFolder({ env, platform, home })).toBe(expected);
});

describe('openCacheFolder', () => {
  it('makes what is not there, for this user alone', () => {
    const path = join(folder, 'a', 'b');
    expect(openCacheFolder(path, 'c')).toBe(join(path, 'c'));
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(openCacheFolder(path)).toBe(path);
  });
  it.skipIf(process.platform === 'win32')('takes none that others may write to', () => {
    const path = openCacheFolder(join(folder, 'open'))!;
    chmodSync(path, 0o770);
    expect(openCacheFolder(path)).toBeUndefined();
  });
  it.skipIf(process.geteuid?.() !== 0)('takes none of another user', () => {
    const path = openCacheFolder(join(folder, 'theirs'))!;
    chownSync(path, 12_345, 12_345);
    expect(openCacheFolder(path)).toBeUndefined();
  });
  it('takes no file', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(openCacheFolder(join(folder, 'file'))).toBeUndefined();
    expect(openCacheFolder(join(folder, 'file', 'below'))).toBeUndefined();
  });
});
