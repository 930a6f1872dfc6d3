// npm run test:hosts [-- VERSION...]: programs with threads under seeds in other Nodes, from npm (about 60 MB each, the first time). Each must come to what
// schedules.json says, which npm test asks of this Node and of QuickJS. Exit code 1 when something differs or cannot be had.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromNpm } from '../../scripts/from-npm.js';
import { newestNode } from '../../scripts/newest-node.js';
import { SCHEDULES } from './seeded-runs.js';

/** The last of their lines when this was written. */
const VERSIONS = ['22.23.3', '24.21.0'];
const RUNS = fileURLToPath(new URL('./seeded-runs.js', import.meta.url));

const given = process.argv.slice(2);
const expected = JSON.stringify(JSON.parse(readFileSync(SCHEDULES, 'utf8')));
const nodes = given.length > 0 ? given : [...VERSIONS, 'newest'];
for (const version of nodes) {
  const node = version === 'newest' ? newestNode() : fromNpm({ package: 'node', version, file: 'bin/node' });
  if (node === null) {
    console.error(`node ${version} could not be installed: is the npm registry reachable?`);
    process.exitCode = 1;
    continue;
  }
  const { stdout, stderr } = spawnSync(node, [RUNS], { encoding: 'utf8' });
  const name = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const same = stdout !== '' && JSON.stringify(JSON.parse(stdout)) === expected;
  console.log(`${same ? 'same' : 'OTHER'}  ${name}${same ? '' : `\n${stdout}${stderr}`}`);
  if (!same) process.exitCode = 1;
}
