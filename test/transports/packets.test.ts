// Packets over the boundary as the untrusted side sees them, over every transport.
import { describe, expect, it } from 'vitest';
import type { ObservedPacket } from '#src/enclave/untrusted/observed-transport.js';
import { assemble } from '../helpers/wat.js';
import { open, SUBJECTS } from './enclaves.js';

const GUEST = assemble(`(module (import "host" "twice" (func $twice (param i32) (result i32)))
  (func (export "run") (param i32) (result i32) (call $twice (local.get 0))))`);

describe.each(SUBJECTS.filter(({ waits }) => waits))('packets over $name', (subject) => {
  it('are told in their order, with sizes and outcome', async () => {
    const packets: ObservedPacket[] = [];
    const enclave = await open(subject, { observePacket: (packet) => void packets.push(packet) });
    const natives = enclave.natives('host', [
      { symbol: 'twice', signature: '(i)i', func: (_: unknown, value: number) => value * 2 },
    ] as never);
    await enclave.initRuntime({ options: { natives: [natives] } });
    const { module } = await enclave.loadModule({ bytes: GUEST });
    const { instance } = await enclave.instantiateModule({ module });
    expect((await enclave.execAppFunc({ instance, name: 'run', argv: ['21'] })).results).toEqual(['0x2a:i32']);
    await expect(enclave.execAppFunc({ instance, name: 'none', argv: [] })).rejects.toThrow();
    await enclave.close();
    const seen = packets.map(({ kind, name, outcome }) => `${kind} ${name} ${outcome}`);
    expect(seen.filter((line) => line.startsWith('command'))).toEqual([
      'command HANDSHAKE answered',
      'command INIT_RUNTIME answered',
      'command LOAD_MODULE answered',
      'command INSTANTIATE_MODULE answered',
      'command EXEC_APP_FUNC answered',
      'command EXEC_APP_FUNC error',
    ]);
    const load = packets.find(({ name }) => name === 'LOAD_MODULE')!;
    expect(load.bytes).toBeGreaterThan(GUEST.length);
    // The call of the native lies inside the command that runs the guest.
    const at = seen.indexOf('ocall CALL_NATIVE answered');
    expect(at).toBe(seen.indexOf('command EXEC_APP_FUNC answered') - 1);
    for (const { ms, bytes, answerBytes } of packets)
      expect([ms >= 0, bytes > 0, answerBytes > 0]).toEqual([true, true, true]);
  });
});
