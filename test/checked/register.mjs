// node --import ./test/checked/register.mjs: the checked build of this process, its workers and children (see memory-place.ts).
// Plain Node: it runs before anything else.
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
