// A message between two accounts of the package @matrix-org/olm.
import { createRequire } from 'node:module';

const Olm = createRequire(import.meta.url)('@matrix-org/olm');

export const answer = 'hello';

export async function run() {
  await Olm.init();
  const [alice, bob] = [new Olm.Account(), new Olm.Account()];
  for (const account of [alice, bob]) account.create();
  bob.generate_one_time_keys(1);
  const key = Object.values(JSON.parse(bob.one_time_keys()).curve25519)[0];
  const outbound = new Olm.Session();
  outbound.create_outbound(alice, JSON.parse(bob.identity_keys()).curve25519, key);
  const { type, body } = outbound.encrypt('hello');
  const inbound = new Olm.Session();
  inbound.create_inbound(bob, body);
  return inbound.decrypt(type, body);
}
