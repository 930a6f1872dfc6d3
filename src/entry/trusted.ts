// The inside of an enclave: its runtime and engines, on the platform of its JavaScript environment. Its settings are data, because functions of
// the untrusted side cannot cross.
import type { InitObserver } from '../embed/init/init-steps.js';
import { VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH } from '../embed/version.js';
import type { TrustedFactory } from '../enclave/protocol/transport.js';
import { runtimeInitialiser } from '../enclave/trusted/init-runtime.js';
import type { Source } from '../enclave/trusted/trusted-platform.js';
import { trustedFactory } from '../enclave/trusted/trusted-side.js';
import type { Platform } from '../platform/platform.js';
import { defaultEngines } from './engines.js';
import { ALL_LIBRARIES } from './libraries.js';

/** Settings of the trusted side, which cross to a worker or child as data. */
export interface TrustedSettings {
  /** Whose clock the guest gets: the trusted side's own unless given. */
  readonly clock?: Source | undefined;
  /** Whose random bytes the guest gets: the trusted side's own unless given. */
  readonly random?: Source | undefined;
  /**
   * In a browser: how many workers stand ready for threads of guests, one for each thread and one for the guest itself. Default: none, and threads run in
   * turn. The page has to be isolated from other origins. Elsewhere workers are started when they are needed.
   */
  readonly threadWorkers?: number | undefined;
  /** Bytes of the largest packet that the trusted side accepts. */
  readonly maxPacketBytes?: number | undefined;
}

export function trustedOn(platform: Platform, settings: TrustedSettings = {}): TrustedFactory {
  return trustedFactory({
    init: (args, natives, trusted) => {
      // The log gets the steps at level 'verbose', so that the embedder can watch them.
      const log = (text: string): void => {
        if (args.logLevel === 'verbose') trusted.platform.log('verbose', text);
      };
      const observer: InitObserver = {
        beforeStep: (step) => log(`init: ${step}`),
        afterUndo: (step) => log(`undone: ${step}`),
      };
      return runtimeInitialiser({ host: { engines: defaultEngines(), libraries: ALL_LIBRARIES, observer } })(
        args,
        natives,
        trusted,
      );
    },
    platform,
    version: [VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH],
    clock: settings.clock,
    random: settings.random,
    maxPacketBytes: settings.maxPacketBytes,
  });
}
