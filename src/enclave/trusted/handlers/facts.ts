// Commands that look and adjust: version, log level, exceptions, usage, memory, imports and exports, counts.
import { UsageError } from '../../../wasm/errors.js';
import type { HandlersOf } from '../handler.js';

export const factHandlers: HandlersOf<
  | 'getVersion'
  | 'setLogLevel'
  | 'ping'
  | 'echo'
  | 'getException'
  | 'setException'
  | 'clearException'
  | 'terminate'
  | 'getUsage'
  | 'getMemAllocInfo'
  | 'listExports'
  | 'listImports'
  | 'readMemory'
  | 'writeMemory'
  | 'countHandles'
  | 'releaseReference'
> = {
  getVersion(session) {
    const [major, minor, patch] = session.version;
    return { major, minor, patch };
  },
  /** Before init it is kept for the runtime to come. */
  setLogLevel(session, { level }) {
    session.setLogLevel(level);
    return {};
  },
  ping: (_session, args) => args,
  echo: (_session, args) => args,

  getException(session, { instance }) {
    const exception = session.handles.get('instance', instance).instance.getException();
    return exception === null ? {} : { exception };
  },
  setException(session, { instance, exception }) {
    session.handles.get('instance', instance).instance.setException(exception);
    return {};
  },
  clearException(session, { instance }) {
    session.handles.get('instance', instance).instance.setException(null);
    return {};
  },
  terminate(session, { instance }) {
    session.handles.get('instance', instance).instance.terminate();
    return {};
  },
  getUsage(session, { instance }) {
    return { usage: session.handles.get('instance', instance).instance.usage() };
  },
  getMemAllocInfo(session) {
    const info = session.runtime.getMemAllocInfo();
    return info === null ? {} : { info };
  },

  listExports(session, { module }) {
    return { exports: session.handles.get('module', module).module.exports() };
  },
  listImports(session, { module }) {
    return { imports: session.handles.get('module', module).module.imports() };
  },

  readMemory(session, { instance, address, length }, { async }) {
    const bytes = session.handles.get('instance', instance).instance.memory(address, length);
    // An async answer is written later, when other commands may have changed the memory or given it back.
    return { bytes: async ? bytes.slice() : bytes };
  },
  writeMemory(session, { instance, address, bytes }) {
    const target = session.handles.get('instance', instance).instance.memory(address, bytes.length);
    if (target.length !== bytes.length) throw new UsageError('WRITE_MEMORY: out of bounds');
    target.set(bytes);
    return {};
  },

  countHandles({ handles }) {
    return {
      modules: handles.count('module'),
      instances: handles.count('instance'),
      functions: handles.count('function'),
      execEnvs: handles.count('execEnv'),
      references: handles.count('reference'),
    };
  },
  releaseReference(session, { reference }) {
    session.handles.remove('reference', reference);
    return {};
  },
};
