// JavaScript hosts beside Node that tests and benches run programs in, as files of npm packages.
import type { FileOnNpm } from './from-npm.js';

export const BUN: FileOnNpm = { package: 'bun', version: '1.4.4', file: 'bin/bun.exe' };
export const DENO: FileOnNpm = { package: 'deno', version: '2.9.6', file: 'deno' };
export const HERMES: FileOnNpm = { package: 'hermes-engine-cli', version: '0.12.0', file: 'linux64-bin/hermes' };
