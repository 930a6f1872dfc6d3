// A plugin's function for each call: the body as a whole is its input, its output the answer. Refuses outputs beyond their limit.
import type { EnclavePool } from 'enclasm/enclave';
import type { Convention } from '../config/schema.js';
import { wholeOf } from './exchange.js';
import { type GuestCall, HARD_STOP_MS } from './guest.js';

const HEAD = { status: 200, headers: { 'content-type': 'application/octet-stream' } } as const;
const IS_TEXT = /^(?:text\/|application\/(?:[\w.-]+\+)?json\b)/i;

/** @throws what the pool throws */
export async function callPlugin(
  pool: EnclavePool,
  call: GuestCall,
  convention: Exclude<Convention, 'stdio' | 'cgi'>,
): Promise<void> {
  const { program, definition } = call.function;
  const { bodyBytes: _, outputBytes, ...given } = call.limits;
  const limits = { ...given, fuel: call.fuel };
  const { request, signal, used } = call;
  const body = await wholeOf(request.body);
  const isText = IS_TEXT.test(request.headers['content-type'] ?? '');
  const job = {
    module: program,
    convention,
    name: definition.call!,
    input: isText ? new TextDecoder().decode(body) : body,
    ...(convention === 'extism' && { config: definition.config }),
    limits,
    maxOutputBytes: outputBytes,
    mode: definition.mode,
    deterministic: definition.deterministic,
    used,
  };
  const { output } = await pool.callPlugin(call.tenant, job, { signal, timeoutMs: limits.timeoutMs + HARD_STOP_MS });
  call.answer.begin(HEAD);
  if (output.length > 0) await call.answer.write(output);
}
