// The commands that make and end runtimes, modules and instances, and the handshake. Each checks the state; the codec has checked the fields.
import { InstantiationAccount } from '../../../embed/instance/instantiation-account.js';
import { UsageError } from '../../../wasm/errors.js';
import { PROTOCOL_VERSION } from '../../protocol/commands.js';
import type { Handle } from '../../protocol/fields.js';
import { FailedAfter, type HandlersOf } from '../handler.js';
import { untrustedNatives } from '../untrusted-natives.js';
import { withWasi } from '../wasi-args.js';

export const lifeCycleHandlers: HandlersOf<
  | 'handshake'
  | 'initRuntime'
  | 'destroyRuntime'
  | 'loadModule'
  | 'unloadModule'
  | 'instantiateModule'
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

  instantiateModule(session, { module, options = {}, limits = {} }) {
    const entry = session.handles.get('module', module);
    const account = new InstantiationAccount(limits);
    // It is counted before the start function runs, because a native called from there must not unload the module.
    entry.instances++;
    try {
      const instance = session.inside(() =>
        withWasi(entry.wasi, session.platform, (wasi) =>
          session.runtime.instantiate(entry.module, { ...options, ...wasi }, account),
        ),
      );
      const { mode, modeReason } = instance;
      return { instance: session.adopt(instance, entry), mode, modeReason, usage: account.usage };
    } catch (error) {
      entry.instances--;
      throw new FailedAfter(error, account.usage);
    }
  },
  deinstantiateModule(session, { instance }) {
    session.deinstantiate(instance);
    return {};
  },
};
