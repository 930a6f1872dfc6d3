// The first file of a worker for threads of guests, where its bundle dist/bin/thread-main.cjs, which starts faster, does not exist.
import { serve } from './thread-inside.js';

serve((url) => import(url));
