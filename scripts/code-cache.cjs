// Reads a bundle with the code that V8 compiled in an earlier run, and keeps such code for the next: that halves the time to start.
// It is a part of both launchers: scripts/bundle.mjs puts it into them. Refuses nothing: what cannot be read or kept is compiled again.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** The most codes and folders of codes that are kept, of all versions and ways to run them. */
const MOST_ENTRIES = 48;

/**
 * @param bundle the path of a file that is one expression; its name has a hash of its content, since V8 compares only lengths
 * @param variant distinguishes the codes of one bundle
 * @param folder keeps the code; undefined keeps none
 * @returns the expression's value, whether its code was kept, and a function that keeps the code compiled so far
 */
function readBundle(bundle, variant, folder) {
  const name = `${path.basename(bundle)}.v8-${process.versions.v8}-${process.arch}${variant}`;
  const cache = folder && path.join(folder, name);
  let cachedData;
  try {
    if (cache) cachedData = fs.readFileSync(cache);
  } catch {
    // This is the first run.
  }
  const script = new vm.Script(fs.readFileSync(bundle, 'latin1'), { filename: bundle, cachedData });
  const keepCode = () => {
    if (!cache) return;
    try {
      makeRoom(folder);
      // Workers of one process may write at the same time.
      const temporary = `${cache}.${process.pid}-${process.hrtime.bigint()}`;
      fs.writeFileSync(temporary, script.createCachedData(), { flag: 'wx', mode: 0o600 });
      fs.renameSync(temporary, cache);
    } catch {
      // The next start is then as slow as this one.
    }
  };
  // V8 refuses code that was made under other flags.
  return { value: script.runInThisContext(), hasCode: !cache || script.cachedDataRejected === false, keepCode };
}

/** Removes the older half if there are too many, since nothing else removes the codes of earlier versions. */
function makeRoom(folder) {
  const names = fs.readdirSync(folder);
  if (names.length < MOST_ENTRIES) return;
  const age = (entry) => fs.statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const byAge = names.map((entry) => path.join(folder, entry)).sort((a, b) => age(a) - age(b));
  for (const entry of byAge.slice(0, MOST_ENTRIES / 2)) fs.rmSync(entry, { recursive: true, force: true });
}

exports.readBundle = readBundle;
