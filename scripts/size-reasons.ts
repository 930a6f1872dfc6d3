// What may be longer than sizes.ts allows, and why.
import type { Reasons } from './sizes.js';

export const SIZE_REASONS: Reasons = {};
