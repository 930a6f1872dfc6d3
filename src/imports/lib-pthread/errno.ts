// The error numbers that functions of POSIX threads return. They are WASI's, as a guest's <errno.h> has them: WAMR passes on those of its host.
// Refuses nothing.
import { ERRNO_NAMES, type ErrnoName } from '../../platform/errno.js';

function numberOf(name: ErrnoName): number {
  return ERRNO_NAMES.indexOf(name);
}

export const SUCCESS = 0;
export const EAGAIN = numberOf('EAGAIN');
export const EBUSY = numberOf('EBUSY');
export const EDEADLK = numberOf('EDEADLK');
export const EFAULT = numberOf('EFAULT');
export const EINVAL = numberOf('EINVAL');
export const ENOMEM = numberOf('ENOMEM');
export const EPERM = numberOf('EPERM');
export const ESRCH = numberOf('ESRCH');
export const ETIMEDOUT = numberOf('ETIMEDOUT');
