// A call from its tenant to its answer, wherever it came from: allowed, within its budget, admitted, run, counted, traced. The one way to a guest.
// Refuses what tenants may not call, what is beyond their budgets, and what the queue refuses.
import type { EnclavePool } from 'enclasm/enclave';
import type { Budgets } from '../admission/budget.js';
import type { FairQueue } from '../admission/fair-queue.js';
import type { Leaving } from '../admission/leaving.js';
import type { Tenant } from '../admission/tenants.js';
import { isProgram, type Limits } from '../config/schema.js';
import type { FunctionVersion, Registry } from '../functions/registry.js';
import {
  type AnswerHead,
  type AnswerSink,
  bounded,
  type CallRequest,
  type CallUsage,
  checkLength,
  wholeOf,
} from '../guests/exchange.js';
import { runGuest } from '../guests/run.js';
import type { Latencies } from '../observe/latencies.js';
import type { Metrics } from '../observe/metrics.js';
import { inSpan } from '../observe/tracing.js';
import { Problem, problemOf } from '../problems/problem.js';

export interface CallerParts {
  readonly registry: Registry;
  readonly queue: FairQueue;
  readonly budgets: Budgets;
  readonly pool: EnclavePool;
  readonly metrics: Metrics;
  readonly latencies: Latencies;
  readonly log: CallLog;
  /** Of functions that have none of their own. */
  limits(): Limits;
}
/** What the log of calls needs. */
export interface CallLog {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
/** A call as it comes. */
export interface Call {
  readonly name: string;
  readonly tenant: Tenant;
  readonly request: CallRequest;
  readonly answer: AnswerSink;
  readonly signal: Leaving;
}
/** What became of a call, whether it failed or not. */
export interface CallReport {
  usage: CallUsage;
  queueMs: number;
  guestMs: number;
}

export class Caller {
  readonly #parts: CallerParts;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /**
   * @param report is filled as the call goes on
   * @throws Problem, and nothing else
   */
  async call(call: Call, report: CallReport): Promise<void> {
    const { metrics, latencies, log } = this.#parts;
    const { name, tenant } = call;
    const began = performance.now();
    let status = 0;
    let said = '';
    const answer = noting(call.answer, (head) => (status = head.status));
    let problem: Problem | undefined;
    try {
      await this.#call({ ...call, answer }, report, (text) => (said = text));
    } catch (error) {
      problem = problemOf(error);
      // Whoever left hears nothing, whatever it was that ended then.
      if (call.signal.aborted) problem = new Problem('gone-away', 'the client left', { cause: error });
      status = problem.status;
      throw problem;
    } finally {
      const { usage, queueMs, guestMs } = report;
      const known = this.#parts.registry.get(name) !== undefined;
      metrics.calls.inc({ function: known ? name : '', tenant: tenant.name, status });
      if (known) latencies.add(name, performance.now() - began, problem !== undefined);
      if (usage?.fuel !== undefined) metrics.fuel.inc({ tenant: tenant.name }, usage.fuel);
      const fields = {
        function: name,
        tenant: tenant.name,
        status,
        queueMs,
        guestMs,
        fuel: usage?.fuel,
        stderr: said || undefined,
      };
      if (problem?.problem === 'internal') log.error({ ...fields, err: problem.cause }, 'call failed');
      else log.info({ ...fields, problem: problem?.problem, detail: problem?.message }, 'call');
    }
  }

  /** @throws Problem where the tenant may not call the function */
  check(name: string, tenant: Tenant): FunctionVersion {
    const version = this.#parts.registry.get(name);
    if (version === undefined) throw new Problem('not-found', `there is no function '${name}'`);
    const { tenants } = version.definition;
    if (tenants === undefined || tenants.includes(tenant.name)) return version;
    throw new Problem('not-allowed', `tenant '${tenant.name}' may not call '${name}'`);
  }

  async #call(call: Call, report: CallReport, said: (text: string) => void): Promise<void> {
    const { queue, budgets, metrics } = this.#parts;
    const { tenant, signal } = call;
    const version = this.check(call.name, tenant);
    checkAddress(version, call.request);
    budgets.check(tenant);
    const limits = version.limits(this.#parts.limits());
    checkLength(call.request, limits.bodyBytes);
    const end = version.begin();
    try {
      const request = await taken(version, limits, call.request);
      const came = performance.now();
      const place = await queue.enter(tenant, signal);
      const began = performance.now();
      report.queueMs = began - came;
      metrics.queueSeconds.observe({ tenant: tenant.name }, report.queueMs / 1_000);
      try {
        await this.#run(version, limits, { ...call, request }, report, said);
      } finally {
        report.guestMs = performance.now() - began;
        metrics.guestSeconds.observe({ function: version.name }, report.guestMs / 1_000);
        place.leave(report.guestMs);
      }
    } finally {
      end();
    }
  }
  async #run(
    version: FunctionVersion,
    limits: Limits,
    call: Call,
    report: CallReport,
    said: (text: string) => void,
  ): Promise<void> {
    const { budgets, pool } = this.#parts;
    const { tenant, request, answer, signal } = call;
    const reserved = await budgets.reserve(tenant, limits.fuel);
    const attributes = {
      'enclasm.function': version.name,
      'enclasm.tenant': tenant.name,
      'enclasm.module.sha256': version.sha256,
    };
    try {
      await inSpan(`guest ${version.name}`, 'internal', attributes, async (span) => {
        const used = (usage: CallUsage): void => {
          report.usage = usage;
          if (usage?.fuel !== undefined) span.setAttribute('enclasm.fuel', usage.fuel);
          span.setAttribute('enclasm.memory_bytes', usage?.peakMemoryBytes ?? 0);
        };
        await runGuest(pool, {
          function: version,
          tenant: tenant.name,
          request,
          answer,
          limits,
          fuel: reserved.fuel,
          signal,
          used,
          said,
        });
      });
    } finally {
      // A guest that had to be ended from outside may have used all that it could.
      reserved.settle(report.usage?.fuel ?? reserved.fuel);
    }
  }
}

/** @throws Problem 'wrong-method', 'not-found' */
function checkAddress({ name, convention }: FunctionVersion, request: CallRequest): void {
  if (convention === 'cgi') return;
  if (request.method !== 'POST')
    throw new Problem('wrong-method', `'${name}' takes POST`, { members: { allow: 'POST' } });
  if (request.path !== '') throw new Problem('not-found', `'${name}' has nothing below its address`);
}

/** A plugin gets its input as a whole, so that it holds no enclave while that comes. */
async function taken(
  { convention }: FunctionVersion,
  { bodyBytes }: Limits,
  request: CallRequest,
): Promise<CallRequest> {
  if (isProgram(convention)) return request;
  return { ...request, body: await wholeOf(bounded(request.body, bodyBytes, () => {})) };
}

function noting(answer: AnswerSink, note: (head: AnswerHead) => void): AnswerSink {
  return {
    isWhole: answer.isWhole === true,
    begin(head) {
      note(head);
      answer.begin(head);
    },
    write: (bytes) => answer.write(bytes),
  };
}
