// Plugins, put together: `createPlugin(bytes, { enclave: 'worker' })`. Re-exports and wiring only.
import { type Enclave, EnclaveCore } from '../enclave/untrusted/client.js';
import type { LogLevel } from '../platform/platform.js';
import type { PluginBackend } from '../plugin/host/backend.js';
import { EnclaveBackend, type EnclaveSource } from '../plugin/host/enclave-backend.js';
import { Plugin } from '../plugin/host/plugin.js';
import { checkPluginOptions, type PluginSettings } from '../plugin/host/plugin-options.js';
import { RuntimeBackend } from '../plugin/host/runtime-backend.js';
import { isA } from '../runtime/check-options.js';
import { UsageError } from '../wasm/errors.js';
import { type CreateEnclaveOptions, createEnclave } from './enclave.js';
import { directory, readModuleFile } from './environment.js';
import { defaultHost } from './host.js';
import { platformHere } from './platform-here.js';
import { Runtime } from './runtime.js';
import type { FileName, TransportName } from './transport-options.js';

export type { PluginConvention } from '../plugin/guest/convention.js';
export type { PluginCallOptions } from '../plugin/host/backend.js';
export { Plugin } from '../plugin/host/plugin.js';
export { type PluginInput, PluginOutput } from '../plugin/host/plugin-data.js';
export type {
  ExtismPluginOptions,
  PluginFunctionResult,
  PluginNative,
  PluginRequest,
  PluginResponse,
  PluginSettings,
  PluginWasi,
} from '../plugin/host/plugin-options.js';
export { PluginError, type PluginFault } from '../runtime/plugin-error.js';

/** An enclave of the plugin's own, by its transport or by what it is made with; or one that there is. */
export type PluginEnclave = TransportName | CreateEnclaveOptions | Enclave;
/** How a plugin is made: what it may use, and where it runs. */
export interface PluginOptions extends PluginSettings {
  /**
   * Where it runs: on this thread without a boundary unless given; in an enclave of its own of this transport, or made with these options; or in
   * an enclave that there is, whose runtime is initialised and which stays when the plugin is closed.
   */
  readonly enclave?: PluginEnclave | undefined;
}

/**
 * Makes a plugin: `const plugin = await createPlugin('greet.wasm'); (await plugin.call('greet', 'World')).text()`.
 * @param source the module's bytes, or its file: a path or a URL
 * @param options what it may use, and where it runs
 * @throws UsageError for options that are wrong; PluginError 'no-convention' for a module that fits none
 * @throws MalformedError, InvalidError, LinkError and what its start function throws; EnclaveError where the enclave cannot be had
 */
export async function createPlugin(
  source: Uint8Array | ArrayBuffer | FileName,
  options: PluginOptions = {},
): Promise<Plugin> {
  const checked = checkPluginOptions(options);
  const backend = await backendOf(await bytesOf(source), checked);
  try {
    const plugin = new Plugin(backend, checked);
    await plugin.open();
    return plugin;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function bytesOf(source: Uint8Array | ArrayBuffer | FileName): Promise<Uint8Array> {
  // Copies: it may be needed again, after an enclave has ended with a guest.
  if (isA(source, Uint8Array)) return source.slice();
  if (isA(source, ArrayBuffer)) return new Uint8Array(source.slice(0));
  if (typeof source === 'string' || isA(source, URL)) return readModuleFile(source);
  throw new UsageError("createPlugin: a module's bytes, or the path or URL of its file, is wanted");
}

async function backendOf(bytes: Uint8Array, options: PluginOptions): Promise<PluginBackend> {
  const { enclave, log, logLevel = 'warning', wasi = {} } = options;
  if (enclave === undefined) {
    const host = defaultHost();
    const runtime = Runtime.init({ logLevel }, log ? { ...host, platform: { ...host.platform, log } } : host);
    try {
      return new RuntimeBackend(runtime, bytes, options);
    } catch (error) {
      runtime.destroy();
      throw error;
    }
  }
  if (isA(enclave, EnclaveCore)) {
    const shared: EnclaveSource = { enclave: enclave as Enclave, isOwn: false, prepare: async () => {}, directory };
    return EnclaveBackend.make(shared, bytes, options);
  }
  const given: CreateEnclaveOptions = typeof enclave === 'string' ? { transport: enclave } : enclave;
  const { stdout, stderr } = wasi;
  const platform = platformHere();
  const own = await createEnclave({
    log: (level, text) => platform.log(level as LogLevel, text),
    ...given,
    ...(log && { log }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
  });
  const prepare = () => own.initRuntime({ options: { logLevel } });
  return EnclaveBackend.make({ enclave: own, isOwn: true, prepare, directory }, bytes, options);
}
