// What the official suite of the JavaScript interface expects of the place it runs in: tests, promises and assertions as globals. It uses the language
// alone, so that the same text runs in Node and in QuickJS. Refuses nothing: a test that throws has failed.

/** How one test ended. */
export interface Outcome {
  readonly name: string;
  /** Undefined: it passed. */
  readonly failure?: string;
}

type Body = (context: TestContext) => unknown;
type ErrorConstructor = new (...args: never[]) => unknown;

class TestContext {
  readonly cleanups: (() => unknown)[] = [];
  add_cleanup(cleanup: () => unknown): void {
    this.cleanups.push(cleanup);
  }
  unreached_func(text: string): () => never {
    return () => fail(text);
  }
}

function fail(text: string): never {
  throw new Error(text);
}
function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  try {
    return String(value);
  } catch {
    return 'an object';
  }
}
function check(holds: boolean, what: string, description: unknown): void {
  if (!holds) fail(`${what}${description === undefined ? '' : `: ${String(description)}`}`);
}
/** What `body` throws; a failure where it throws nothing. */
function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return fail('nothing was thrown');
}
function checkThrown(error: unknown, wanted: ErrorConstructor, description: unknown): void {
  const made = (Object(error) as { constructor?: { name?: string } }).constructor;
  check(made === wanted, `${made?.name ?? show(error)} was thrown, not ${wanted.name}: ${show(error)}`, description);
}

const ASSERTIONS = {
  assert_true: (value: unknown, text?: string) => check(value === true, `${show(value)} is not true`, text),
  assert_false: (value: unknown, text?: string) => check(value === false, `${show(value)} is not false`, text),
  assert_equals: (a: unknown, b: unknown, text?: string) =>
    check(Object.is(a, b), `${show(a)} is not ${show(b)}`, text),
  assert_not_equals: (a: unknown, b: unknown, text?: string) => check(!Object.is(a, b), `both are ${show(a)}`, text),
  assert_array_equals(a: readonly unknown[], b: readonly unknown[], text?: string): void {
    check(a.length === b.length, `${a.length} elements, not ${b.length}`, text);
    for (let i = 0; i < b.length; i++)
      check(Object.is(a[i], b[i]), `element ${i}: ${show(a[i])} is not ${show(b[i])}`, text);
  },
  assert_own_property: (object: object, key: PropertyKey, text?: string) =>
    check(Object.hasOwn(object, key), `no own property ${String(key)}`, text),
  assert_not_own_property: (object: object, key: PropertyKey, text?: string) =>
    check(!Object.hasOwn(object, key), `an own property ${String(key)}`, text),
  assert_class_string: (object: unknown, name: string, text?: string) =>
    ASSERTIONS.assert_equals(Object.prototype.toString.call(object), `[object ${name}]`, text),
  assert_unreached: (text?: string) => fail(text ?? 'this should not have been reached'),
  assert_throws_js: (wanted: ErrorConstructor, body: () => unknown, text?: string) =>
    checkThrown(thrownBy(body), wanted, text),
  assert_throws: (wanted: Error | ErrorConstructor, body: () => unknown, text?: string) =>
    checkThrown(thrownBy(body), typeof wanted === 'function' ? wanted : (wanted.constructor as ErrorConstructor), text),
  assert_throws_exactly: (wanted: unknown, body: () => unknown, text?: string) =>
    ASSERTIONS.assert_equals(thrownBy(body), wanted, text),
  promise_rejects_js: (_: unknown, wanted: ErrorConstructor, promise: Promise<unknown>, text?: string) =>
    promise.then(
      () => fail(`the promise was kept${text === undefined ? '' : `: ${text}`}`),
      (error: unknown) => checkThrown(error, wanted, text),
    ),
  promise_rejects: (_: unknown, wanted: Error, promise: Promise<unknown>, text?: string) =>
    ASSERTIONS.promise_rejects_js(_, wanted.constructor as ErrorConstructor, promise, text),
  format_value: show,
};

/** Defines the globals. @returns what waits for the tests of the scripts that ran since, and how they ended */
export function installHarness(global: object, title: string): () => Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const names = new Map<string, number>();
  let queue: Promise<void> = Promise.resolve();
  const nameOf = (given: string | undefined): string => {
    const name = given ?? title;
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  };
  const record = (name: string, error?: unknown, failed = false): void => {
    outcomes.push(failed ? { name, failure: show(error) } : { name });
  };
  const cleanUp = ({ cleanups }: TestContext): void => {
    for (const cleanup of cleanups) cleanup();
  };
  Object.assign(global, ASSERTIONS, {
    setup: (body: (() => unknown) | object) => void (typeof body === 'function' && (body as () => unknown)()),
    test(body: Body, given?: string): void {
      const name = nameOf(given);
      const context = new TestContext();
      try {
        body.call(context, context);
        cleanUp(context);
        record(name);
      } catch (error) {
        record(name, error, true);
      }
    },
    promise_test(body: Body, given?: string): void {
      const name = nameOf(given);
      queue = queue.then(async () => {
        const context = new TestContext();
        try {
          await body.call(context, context);
          cleanUp(context);
          record(name);
        } catch (error) {
          record(name, error, true);
        }
      });
    },
  });
  return async () => {
    await queue;
    return outcomes;
  };
}
