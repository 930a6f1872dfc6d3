// Which tags live in the host. Apart from objects.ts, so that exceptions.ts needs no more than this.
import type { TagInstance } from '../../runtime/exception.js';
import type { HostTag } from './native-objects.js';

export function isHostTag(tag: TagInstance): tag is HostTag {
  return 'object' in tag;
}
