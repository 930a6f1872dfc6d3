// The ways to run a function and the threads of a guest, and to keep its deadline, by the names that embedders and the command line use. Refuses nothing.

/** Every running mode. */
export const RUNNING_MODES = ['interp', 'jit', 'aot', 'host'] as const;
/**
 * What runs a guest: `'host'` is native WebAssembly, `'jit'` JavaScript that is compiled from the module when it is instantiated, `'aot'` the same
 * compiled ahead of time, `'interp'` the interpreter.
 */
export type RunningMode = (typeof RUNNING_MODES)[number];
/**
 * What an embedder may ask for: `auto` takes the fastest mode that can run the module. The order determines their numbers on the wire: append only.
 */
export const MODE_CHOICES = ['auto', ...RUNNING_MODES] as const;
/** A running mode, or `auto`: the fastest that can run the module. */
export type ModeChoice = (typeof MODE_CHOICES)[number];

/** What an embedder may ask for of a guest's threads. The order determines their numbers on the wire: append only. */
export const THREADS_CHOICES = ['auto', 'cooperative', 'none', 'parallel'] as const;
/** Whether a guest can have threads: see InstantiateOptions. */
export type ThreadsChoice = (typeof THREADS_CHOICES)[number];

/** How the deadline of a guest's calls is kept. The order determines their numbers on the wire: append only. */
export const DEADLINE_CHOICES = ['soft', 'hard'] as const;
/** By checks in the guest's code, or by ending its enclave: see InstantiateOptions. */
export type DeadlineChoice = (typeof DEADLINE_CHOICES)[number];
