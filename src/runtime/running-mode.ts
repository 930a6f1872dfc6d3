// The ways to run a function, by the names that embedders and the command line give them. Refuses nothing.

export const RUNNING_MODES = ['interp', 'jit', 'aot', 'host'] as const;
export type RunningMode = (typeof RUNNING_MODES)[number];
/** What may be asked for: `auto` takes the fastest mode that can run the module. In the order of their numbers on the wire: append only. */
export const MODE_CHOICES = ['auto', ...RUNNING_MODES] as const;
export type ModeChoice = (typeof MODE_CHOICES)[number];
