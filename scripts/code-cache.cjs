// Reads a bundle with the code that V8 compiled in an earlier run, and keeps such code for the next: that halves the time to start.
// Part of both launchers: scripts/bundle.mjs puts it into them. Refuses nothing: what cannot be read or kept is compiled anew.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/**
 * @param bundle the path of a file that is one expression; its name has a hash of its content, since V8 compares no more than lengths
 * @param variant tells the codes of one bundle apart
 * @returns the expression's value, whether its code was at hand, and what keeps the code compiled so far
 */
function readBundle(bundle, variant) {
  const cache = `${bundle}.v8-${process.versions.v8}-${process.arch}${variant}`;
  let cachedData;
  try {
    cachedData = fs.readFileSync(cache);
  } catch {
    // The first run.
  }
  const script = new vm.Script(fs.readFileSync(bundle, 'latin1'), { filename: bundle, cachedData });
  const keepCode = () => {
    try {
      // Before the code is made: that takes longer than to ask.
      fs.accessSync(path.dirname(bundle), fs.constants.W_OK);
      // Workers of one process may be here at the same moment.
      const temporary = `${cache}.${process.pid}-${process.hrtime.bigint()}`;
      fs.writeFileSync(temporary, script.createCachedData(), { flag: 'wx' });
      fs.renameSync(temporary, cache);
    } catch {
      // Then the next start is as slow as this one.
    }
  };
  // V8 refuses code that was made under other flags.
  return { value: script.runInThisContext(), hasCode: script.cachedDataRejected === false, keepCode };
}

exports.readBundle = readBundle;
