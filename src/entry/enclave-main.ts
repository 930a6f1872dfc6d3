// The first file of a trusted side, where its bundle dist/bin/enclave-main.cjs, which starts faster, does not exist.
import { serve } from './enclave-inside.js';

serve();
