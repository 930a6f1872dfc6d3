// The broker's work queue without guests, for `npm run bench -- serve`: jobs are stored, taken, their results put under their ids, acknowledged.
// Prints jobs a second. Refuses nothing.
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';

const [port, jobs, workers] = process.argv.slice(2).map(Number);
const SENDERS = 8;
const connection = await connect({ servers: `nats://127.0.0.1:${port}` });
const stream = jetstream(connection);
const manager = await jetstreamManager(connection);
await manager.streams.add({ name: 'BARE', subjects: ['bare.*'], retention: RetentionPolicy.Workqueue });
await manager.consumers.add('BARE', { durable_name: 'workers', ack_policy: AckPolicy.Explicit });
const results = await new Kvm(stream).create('bare-results');
const consumer = await stream.consumers.get('BARE', 'workers');

const began = performance.now();
let sent = 0;
let done = 0;
const send = async () => {
  while (sent < jobs) {
    const id = sent++;
    await stream.publish(`bare.${id}`, 'pear\napple\nplum\n', { msgID: String(id) });
  }
};
const work = async () => {
  while (done < jobs) {
    const message = await consumer.next({ expires: 1_000 });
    if (message === null) continue;
    await results.create(message.subject.split('.')[1], message.data);
    message.ack();
    done++;
  }
};
await Promise.all([...Array.from({ length: SENDERS }, send), ...Array.from({ length: workers }, work)]);
console.log((1_000 * jobs) / (performance.now() - began));
await connection.close();
