// What tools read of a guest: its calls as lines. Re-exports only.
export { callLine } from '../debug/call-lines.js';
export type {
  ObservedCall,
  ObservedGrowth,
  ObservedHostCall,
  ObservedThread,
  Observer,
} from '../runtime/observer.js';
