// The trusted side of the inspector's enclave: the real one, whose instances are observed and whose guests' checks are a clock for reports.
// Refuses nothing itself.

import type { Runtime } from '#src/embed/runtime.js';
import { VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH } from '#src/embed/version.js';
import type { PacketBuffer } from '#src/enclave/protocol/packet.js';
import type { Answer, CommandCall, TrustedEntry, TrustedFactory } from '#src/enclave/protocol/transport.js';
import { type EnclaveRuntime, runtimeInitialiser } from '#src/enclave/trusted/init-runtime.js';
import { trustedFactory } from '#src/enclave/trusted/trusted-side.js';
import { defaultEngines } from '#src/entry/engines.js';
import { ALL_LIBRARIES, MemoryFileSystem } from '#src/entry/libraries.js';
import type { WasiOptions } from '#src/imports/wasi/index.js';
import { webPlatform } from '#src/platform/web/platform.js';
import { treeOf } from '../file-tree.js';
import type { GivenFiles } from '../messages.js';
import type { Reporter } from './reporter.js';

/** @param given input and files of the guest, where it cannot wait for those of the page */
export function debugTrusted(reporter: Reporter, given: GivenFiles | undefined): TrustedFactory {
  const init = runtimeInitialiser({ host: { engines: defaultEngines(), libraries: ALL_LIBRARIES } });
  const factory = trustedFactory({
    init: (args, natives, trusted) => observed(init(args, natives, trusted) as Runtime, reporter, given),
    platform: webPlatform(),
    version: [VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH],
  });
  return (ocall, blocking) => reporting(factory(ocall, blocking), reporter);
}

function observed(runtime: Runtime, reporter: Reporter, given: GivenFiles | undefined): EnclaveRuntime {
  reporter.runtime = runtime;
  return {
    load: (bytes, options) => runtime.load(bytes, options),
    registerModule: (name, module) => runtime.registerModule(name, module),
    registerNatives: (name, symbols) => runtime.registerNatives(name, symbols),
    getMemAllocInfo: () => runtime.getMemAllocInfo(),
    setLogLevel: (level) => runtime.setLogLevel(level),
    destroy: () => runtime.destroy(),
    instantiate: (module, options, account) => {
      const wasi = options?.wasi && given ? { ...options.wasi, ...carried(given, reporter) } : options?.wasi;
      const instance = runtime.instantiate(
        module,
        { ...options, ...(wasi && { wasi }), metered: true, observe: reporter.observer },
        account,
      );
      reporter.watch(instance);
      return instance;
    },
  };
}

function carried({ stdin, files }: GivenFiles, reporter: Reporter): Partial<WasiOptions> {
  reporter.files = new MemoryFileSystem(treeOf(files));
  return { stdin, preopens: { '/': reporter.files } };
}

/** The guest asks now and then whether its call was given up: the moments at which reports go out while it runs. */
function reporting(trusted: TrustedEntry, reporter: Reporter): TrustedEntry {
  const handle = (source: PacketBuffer, length: number, call: CommandCall | undefined): Answer | Promise<Answer> => {
    const signal = {
      get aborted(): boolean {
        reporter.tick();
        return call?.signal?.aborted ?? false;
      },
    };
    const answer = trusted.handleCommand(source, length, { async: false, ...call, signal } as never) as
      | Answer
      | Promise<Answer>;
    if (answer instanceof Promise) {
      return answer.finally(() => {
        reporter.commandEnded();
        // By messages the event loop runs when the answer was sent.
        setTimeout(() => reporter.answered());
      });
    }
    reporter.commandEnded();
    return answer;
  };
  return {
    handleCommand: handle as TrustedEntry['handleCommand'],
    writeAnswer: (answer, buffer) => trusted.writeAnswer(answer, buffer),
    end: () => trusted.end(),
  };
}
