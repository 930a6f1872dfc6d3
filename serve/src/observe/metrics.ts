// What Prometheus reads: calls, times, fuel, queues. Labels are names of functions and tenants, which are configured, so that nobody's requests make
// more of them. Refuses nothing.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

export class Metrics {
  readonly registry = new Registry();
  /** By function, tenant and status. */
  readonly calls: Counter;
  /** Seconds from a call's admission to its end, by function. */
  readonly guestSeconds: Histogram;
  /** Seconds that calls wait, by tenant. */
  readonly queueSeconds: Histogram;
  /** Instructions, by tenant. */
  readonly fuel: Counter;

  /** @param state read when Prometheus asks */
  constructor(state: {
    waiting(): ReadonlyMap<string, number>;
    running(): number;
    enclaves(): Readonly<Record<string, number>>;
  }) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.calls = new Counter({
      name: 'enclasm_serve_calls_total',
      help: 'Calls that have ended',
      labelNames: ['function', 'tenant', 'status'],
      registers,
    });
    this.guestSeconds = new Histogram({
      name: 'enclasm_serve_guest_seconds',
      help: 'Seconds for which calls hold an enclave',
      labelNames: ['function'],
      buckets: SECONDS,
      registers,
    });
    this.queueSeconds = new Histogram({
      name: 'enclasm_serve_queue_seconds',
      help: 'Seconds for which calls wait',
      labelNames: ['tenant'],
      buckets: SECONDS,
      registers,
    });
    this.fuel = new Counter({
      name: 'enclasm_serve_fuel_total',
      help: 'Instructions that guests have used',
      labelNames: ['tenant'],
      registers,
    });
    new Gauge({
      name: 'enclasm_serve_waiting_calls',
      help: 'Calls that wait',
      labelNames: ['tenant'],
      registers,
      collect() {
        for (const [tenant, count] of state.waiting()) this.set({ tenant }, count);
      },
    });
    new Gauge({
      name: 'enclasm_serve_running_calls',
      help: 'Calls that hold an enclave',
      registers,
      collect() {
        this.set(state.running());
      },
    });
    new Gauge({
      name: 'enclasm_serve_enclaves',
      help: 'Enclaves by what they do; recycled: replaced so far',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [name, count] of Object.entries(state.enclaves())) this.set({ state: name }, count);
      },
    });
  }
}
