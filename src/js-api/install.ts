// A namespace in place of a global `WebAssembly`, and back. Refuses nothing; where the global object does not let it, the error is JavaScript's.
import { aBoolean, checkArgument } from '../runtime/check-options.js';
import { HOSTS_OWN } from '../runtime/hosts-own.js';
import { createNamespace, type NamespaceHost, type NamespaceOptions } from './namespace.js';

/** How a namespace becomes the global one. */
export interface InstallOptions extends NamespaceOptions {
  /** Whether it takes the place of a `WebAssembly` that is there already. Default: true. */
  readonly replace?: boolean | undefined;
}

const NAME = 'WebAssembly';

/**
 * Makes a namespace and defines it as the global one.
 * @returns what puts back what was there before
 * @throws UsageError as createNamespace
 */
export function installNamespace(options: InstallOptions, host: NamespaceHost): () => void {
  const { replace = true, ...rest } = options;
  checkArgument(replace, aBoolean, 'options.replace');
  const before = Object.getOwnPropertyDescriptor(globalThis, NAME);
  if (before !== undefined && !replace) return () => {};
  const value = createNamespace(rest, host);
  const replaced = before?.value as { [key: symbol]: unknown } | undefined;
  const own = replaced !== undefined && HOSTS_OWN in replaced ? replaced[HOSTS_OWN] : replaced;
  Object.defineProperty(value, HOSTS_OWN, { value: own });
  Object.defineProperty(globalThis, NAME, { value, writable: true, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(globalThis, NAME);
    else Object.defineProperty(globalThis, NAME, before);
  };
}
