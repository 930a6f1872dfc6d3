// The ways to run a function, by the names that embedders and the command line give them. Refuses nothing.

export const RUNNING_MODES = ['interp', 'jit', 'aot', 'host'] as const;
export type RunningMode = (typeof RUNNING_MODES)[number];
