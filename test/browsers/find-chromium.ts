// Where a Chromium is on this machine: Debian has it as `chromium`, and the environment variable CHROMIUM names another one's file.
import { existsSync } from 'node:fs';

export const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
