// Writes every generated file of the repository. With --check it writes nothing and fails if a file is out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cliDocs } from '#src/cli/docs.js';
import { fileList } from './file-list.js';
import { enclaveDocs } from './gen-enclave-docs.js';
import { hostDocs } from './gen-host-docs.js';
import { generateInterpreter } from './gen-interp.js';
import { limitDocs } from './gen-limit-docs.js';
import { packageDocs } from './gen-package-docs.js';
import { manPage } from './man-page.js';
import { rollUp } from './roll-up.js';

const interpreter = generateInterpreter();
const files: Record<string, string> = {
  'src/engine/interp/op.gen.ts': interpreter.op,
  'src/engine/interp/ops.gen.ts': interpreter.ops,
  'src/engine/interp/loop.gen.ts': interpreter.loop,
  'src/engine/interp/loop-tree.gen.ts': interpreter.tree,
  'docs/cli.md': cliDocs(),
  'docs/embedding.md': limitDocs(),
  'docs/enclave.md': enclaveDocs(),
  'docs/files.md': fileList(),
  'docs/hosts.md': hostDocs(),
  'docs/webassembly.md': packageDocs(),
  'man/enclasm.1': manPage(),
  ...rollUp('.'),
};

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, text] of Object.entries(files)) {
  let present = '';
  try {
    present = readFileSync(path, 'utf8');
  } catch {
    // The file does not exist yet: it is written below.
  }
  if (present === text) continue;
  if (check) {
    console.error(`${path} is out of date: run npm run gen`);
    stale++;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
process.exit(stale ? 1 : 0);
