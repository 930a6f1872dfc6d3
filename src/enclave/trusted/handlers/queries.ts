// The commands that read or set state: version, log level, exceptions, usage, memory, imports and exports, counts.
import type { WasmInstance } from '../../../embed/instance/wasm-instance.js';
import { type ExternType, externText } from '../../../embed/module/introspection.js';
import { bytesAt } from '../../../runtime/guest-memory.js';
import { UsageError } from '../../../wasm/errors.js';
import type { Result } from '../../protocol/commands.js';
import type { HandlersOf } from '../handler.js';

export const queryHandlers: HandlersOf<
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
  /** Before init, the level is kept for the next runtime. */
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
    return { usage: session.handles.get('instance', instance).instance.usage };
  },
  getMemAllocInfo(session) {
    const info = session.runtime.getMemAllocInfo();
    return info === null ? {} : { info };
  },

  listExports(session, { module }) {
    return { exports: session.handles.get('module', module).module.exports.map((one) => external('', one)) };
  },
  listImports(session, { module }) {
    return { imports: session.handles.get('module', module).module.imports.map((one) => external(one.module, one)) };
  },

  readMemory(session, { instance, address, length }, { async }) {
    const bytes = memoryBytes(session.handles.get('instance', instance).instance, address, length);
    // An async answer is written later, when other commands may have changed or freed the memory.
    return { bytes: async ? bytes.slice() : bytes };
  },
  writeMemory(session, { instance, address, bytes }) {
    const target = memoryBytes(session.handles.get('instance', instance).instance, address, bytes.length);
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

function external(
  module: string,
  { name, ...extern }: { readonly name: string } & ExternType,
): Result<'listImports'>['imports'][number] {
  return { module, name, kind: extern.kind, type: externText(extern) };
}
/** Returns a view of bytes of memory 0. Throws where they are out of bounds. */
function memoryBytes(instance: WasmInstance, address: number, length: number): Uint8Array {
  const memory = instance.instance.memories[0];
  if (!memory) throw new UsageError(`instance '${instance.name}' has no memory`);
  return bytesAt(memory, address, length);
}
