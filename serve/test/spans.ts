// Spans that go to memory, in place of OpenTelemetry's SDK for Node. Refuses to be used beside one: what it sets is the whole process's.
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll } from 'vitest';

/** As the SDK for Node has it: the context of what awaits is that of what it awaits. */
const storage = new AsyncLocalStorage<Context>();
const manager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: <R>(one: Context, work: (...args: unknown[]) => R, self?: unknown, ...args: unknown[]) =>
    storage.run(one, () => work.apply(self, args)),
  bind: <T>(_: Context, target: T) => target,
  enable: () => manager,
  disable: () => manager,
};

/** Keeps the spans of all tests of the file that calls it. */
export function collectSpans(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  context.setGlobalContextManager(manager as never);
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  afterAll(() => {
    trace.disable();
    context.disable();
  });
  return exporter;
}
