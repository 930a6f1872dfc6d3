// The commands that make and end runtimes, modules and instances, and the handshake. Each checks the state; the codec has checked the fields.
import type { InstantiateOptions } from '../../../embed/instance/instantiation.js';
import { InstantiationAccount } from '../../../embed/instance/instantiation-account.js';
import type { WasmInstance } from '../../../embed/instance/wasm-instance.js';
import { PluginGuest } from '../../../plugin/guest/plugin-guest.js';
import { UsageError } from '../../../wasm/errors.js';
import { type Args, PROTOCOL_VERSION, type Result } from '../../protocol/commands.js';
import type { Handle } from '../../protocol/fields.js';
import { FailedAfter, type HandlersOf } from '../handler.js';
import { grantsOf, instanceOptions } from '../instance-options.js';
import type { ModuleEntry, Session } from '../session.js';
import { untrustedNatives } from '../untrusted-natives.js';
import { withWasi } from '../wasi-args.js';

export const lifeCycleHandlers: HandlersOf<
  | 'handshake'
  | 'initRuntime'
  | 'destroyRuntime'
  | 'loadModule'
  | 'unloadModule'
  | 'instantiateModule'
  | 'instantiatePlugin'
  | 'deinstantiateModule'
  | 'setWasiArgs'
  | 'registerModule'
  | 'registerNatives'
> = {
  handshake(session, args) {
    const { protocolVersion } = args;
    if (protocolVersion !== PROTOCOL_VERSION) {
      throw new UsageError(`HANDSHAKE: the client speaks protocol ${protocolVersion}, this side ${PROTOCOL_VERSION}`);
    }
    session.open(args);
    return { protocolVersion: PROTOCOL_VERSION, platform: session.platform.platform.name };
  },

  /** WAMR's handle_cmd_init_runtime: the embedder's choices have been checked; wasm_runtime_full_init does the work, step by step. */
  initRuntime(session, { options = {} }) {
    session.fullInit(options);
    return {};
  },
  /** WAMR's handle_cmd_destroy_runtime. */
  destroyRuntime(session) {
    const { handles } = session;
    const alive = {
      modules: handles.count('module'),
      instances: handles.count('instance'),
      execEnvs: handles.count('execEnv'),
    };
    return { report: { ...alive, ...session.destroy() } };
  },

  /** The bytes are copied, because the module keeps them and the packet's memory is used again. */
  loadModule(session, { bytes, name }) {
    const module = session.inside(() => session.runtime.load(bytes.slice(), { name }));
    try {
      const handle = session.handles.add('module', { module, wasi: undefined, instances: 0, registered: false });
      return { module: handle as Handle<'module'> };
    } catch (error) {
      module.unload();
      throw error;
    }
  },
  unloadModule(session, { module }) {
    const entry = session.handles.get('module', module);
    if (entry.instances > 0) throw new UsageError(`UNLOAD_MODULE: the module has ${entry.instances} live instances`);
    if (entry.registered) throw new UsageError('UNLOAD_MODULE: the module is registered for others to import');
    entry.module.unload();
    session.handles.remove('module', module);
    return {};
  },
  setWasiArgs(session, { module, options }) {
    session.handles.get('module', module).wasi = options;
    return {};
  },
  registerModule(session, { name, module }) {
    const entry = session.handles.get('module', module);
    session.runtime.registerModule(name, entry.module);
    entry.registered = true;
    return {};
  },
  registerNatives(session, { table }) {
    const { moduleName, symbols } = untrustedNatives(session, table);
    session.inside(() => session.runtime.registerNatives(moduleName, symbols));
    return {};
  },

  instantiateModule(session, args) {
    return instantiated(session, args, ({ module }, options, account) => ({
      instance: session.runtime.instantiate(module, options, account),
    }));
  },
  instantiatePlugin(session, { convention, extism, ...args }) {
    const grants = extism && grantsOf(session, extism);
    return instantiated(session, args, ({ module }, options, account) => {
      const plugin = PluginGuest.make(session.runtime, module, convention, options, grants, account);
      return { instance: plugin.instance, plugin };
    });
  },
  deinstantiateModule(session, { instance }) {
    session.deinstantiate(instance);
    return {};
  },
};

interface Made {
  readonly instance: WasmInstance;
  readonly plugin?: PluginGuest;
}

function instantiated(
  session: Session,
  { module, options = {}, limits = {} }: Args<'instantiateModule'>,
  make: (entry: ModuleEntry, options: InstantiateOptions, account: InstantiationAccount) => Made,
): Result<'instantiateModule'> {
  const entry = session.handles.get('module', module);
  const account = new InstantiationAccount(limits);
  const inside = instanceOptions(session, options);
  // It is counted before the start function runs, because a native called from there must not unload the module.
  entry.instances++;
  try {
    const { instance, plugin } = session.inside(() =>
      withWasi(entry.wasi, session.platform, (wasi) => make(entry, { ...inside, ...wasi }, account)),
    );
    const { mode, modeReason } = instance;
    return { instance: session.adopt(instance, entry, plugin), mode, modeReason, usage: account.usage };
  } catch (error) {
    entry.instances--;
    throw new FailedAfter(error, account.usage);
  }
}
