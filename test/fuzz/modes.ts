// The running modes that take part, and the variants in which each runs. A new mode is one row here.
import type { Engine } from '#src/runtime/engine.js';
import type { GuestOptions } from './targets/enclasm.js';

const LOADERS: Readonly<Record<string, () => Promise<Engine>>> = {
  interp: async () => (await import('#src/engine/interp/interp-engine.js')).interpEngine(),
  jit: async () => (await import('#src/engine/js/jit.js')).jitEngine(),
  // In the shape for hosts that only interpret.
  aot: async () => (await import('../helpers/aot-engine.js')).aotTextEngine(),
  host: async () => (await import('#src/engine/native/native-engine.js')).hostEngine(),
};

export const MODES: readonly string[] = Object.keys(LOADERS);

export interface Mode {
  readonly name: string;
  readonly engine: Engine;
}

/** @throws Error that names an unknown mode, or why this host cannot run one */
export async function loadMode(name: string): Promise<Mode> {
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`unknown mode ${name}: one of ${MODES.join(', ')}`);
  const engine = await load();
  const why = engine.unavailable();
  if (why !== undefined) throw new Error(`mode ${name} cannot run here: ${why}`);
  return { name, engine };
}

export interface Variant extends GuestOptions {
  readonly name: string;
  /** Whether it runs the module with NaNs made canonical by instructions, instead of in the deterministic mode. */
  readonly rewritten: boolean;
}

/** Fuel runs out everywhere: where it did, the modes must have come as far, to the byte. */
export const STARVED: Variant = {
  name: 'starved',
  metered: true,
  starved: true,
  deterministic: true,
  rewritten: false,
};

/** The first one is what everything else is compared with: it cannot hang. */
export const VARIANTS: readonly Variant[] = [
  { name: 'metered', metered: true, deterministic: true, rewritten: false },
  { name: 'plain', metered: false, deterministic: false, rewritten: true },
  { name: 'uninterruptible', metered: false, interruptible: false, deterministic: false, rewritten: true },
];
