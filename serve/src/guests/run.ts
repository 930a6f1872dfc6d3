// Runs a call by its function's convention: the one place that knows them all. Refuses nothing by itself.
import type { EnclavePool } from 'enclasm/enclave';
import { cgiOutput, variablesOf } from './cgi.js';
import type { GuestCall } from './guest.js';
import { callPlugin } from './plugin.js';
import { runProgram } from './program.js';
import { plainOutput } from './stdio.js';

/** @throws as runProgram and callPlugin */
export function runGuest(pool: EnclavePool, call: GuestCall): Promise<void> {
  const { convention, name } = call.function;
  switch (convention) {
    case 'stdio':
      return runProgram(pool, call, undefined, plainOutput(call.answer));
    case 'cgi':
      return runProgram(pool, call, variablesOf(name, call.request), cgiOutput(call.answer));
    default:
      return callPlugin(pool, call, convention);
  }
}
