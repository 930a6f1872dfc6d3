// The first file of a trusted side, where there is no bundle of it (dist/bin/enclave-main.cjs starts faster).
import { serve } from './enclave-inside.js';

serve();
