// Tables of the product and the error of their checks, for what starts fast and writes them for people: the command line. Re-exports only.
export {
  DEADLINE_CHOICES,
  type DeadlineChoice,
  MODE_CHOICES,
  type ModeChoice,
  THREADS_CHOICES,
  type ThreadsChoice,
} from '../runtime/running-mode.js';
export { type SectionRow, sectionRows } from '../text/section-rows.js';
export { UsageError } from '../wasm/errors.js';
export { FEATURES, type Feature, featureSet } from '../wasm/features.js';
export {
  LIMIT_NAMES,
  LIMITS,
  type LimitName,
  type LimitOptions,
  limitInCode,
  limitRow,
  namespaceLimits,
} from '../wasm/limit-table.js';
export { USAGE_FIELDS, type Usage, usageRow } from '../wasm/usage-table.js';
