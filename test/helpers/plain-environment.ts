// What every test file starts with: no words of the person's or the machine's environment about colours and terminals reach the tests or the
// processes that they start. A test that is about one of these variables sets it.
for (const name of ['NO_COLOR', 'FORCE_COLOR', 'CLICOLOR', 'CLICOLOR_FORCE', 'COLORTERM', 'NODE_DISABLE_COLORS'])
  delete process.env[name];
process.env['TERM'] = 'xterm';
