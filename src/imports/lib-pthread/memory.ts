// posix_memalign, on the heap that natives allocate from. Refuses alignments that are no power of two of at least a pointer, and those that the
// guest's own malloc does not give; WAMR passes over the alignment.
import type { ExecEnv } from '../../runtime/exec-env.js';
import type { GuestPointer } from '../../runtime/guest-memory.js';
import type { NativeSymbol } from '../../runtime/native-symbol.js';
import { EINVAL, ENOMEM, SUCCESS } from './errno.js';
import { setHandleAt } from './guest-words.js';

const POINTER_BYTES = 4;

function allocate(env: ExecEnv, target: GuestPointer | null, alignment: number, bytes: number): number {
  const aligned = alignment >>> 0;
  if (target === null || aligned < POINTER_BYTES || (aligned & (aligned - 1)) !== 0) return EINVAL;
  target.view(4);
  const address = env.instance.heap?.alignedAlloc(env, bytes >>> 0, aligned) ?? 0;
  if (address === 0) return ENOMEM;
  setHandleAt(target, address);
  return SUCCESS;
}

export const MEMORY_NATIVES: readonly NativeSymbol[] = [
  { symbol: 'posix_memalign', signature: '(*ii)i', func: allocate },
];
