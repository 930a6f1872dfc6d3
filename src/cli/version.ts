// `enclasm version`: the version, the JavaScript environment, and which modes and enclaves work here. Refuses nothing.
import { TRANSPORT_NAMES } from '../entry/enclave.js';
import { defaultEngines, VERSION } from '../entry/index.js';
import type { Io } from './io.js';
import type { AllOptions } from './parse.js';

export async function version(options: AllOptions, io: Io): Promise<number> {
  const { release, version: host, platform, arch, versions } = process;
  const modes = defaultEngines().map((engine) => ({ mode: engine.mode, unavailable: engine.unavailable() }));
  if (options.json) {
    io.out(`${JSON.stringify({ version: VERSION, host, platform, arch, modes, enclaves: TRANSPORT_NAMES })}\n`);
    return 0;
  }
  const name = versions['bun']
    ? `bun ${versions['bun']}`
    : versions['deno']
      ? `deno ${versions['deno']}`
      : `${release.name} ${host}`;
  const modesText = modes.map(({ mode, unavailable }) => (unavailable ? `${mode} (not here: ${unavailable})` : mode));
  io.out(
    `enclasm ${VERSION}\nhost      ${name}, ${platform} ${arch}\nmodes     ${modesText.join(', ')}\nenclaves  ${TRANSPORT_NAMES.join(', ')}\n`,
  );
  return 0;
}
