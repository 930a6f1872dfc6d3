// Gives back what an object holds beyond itself, some time after the garbage collector has taken the object. Refuses nothing: in a JavaScript engine
// that does not report what it collected, nothing is given back.

/** What an object holds beyond itself. */
export interface Releasable {
  release(): void;
}

/** Made when it is first needed: not every JavaScript engine has the class. */
const registry: { made: FinalizationRegistry<Releasable> | undefined } = { made: undefined };

/**
 * There is one registry for the thread: V8 stops calling back for all of them once one was collected while it had something to report.
 * @param held what the object holds, and from which the object is not reachable
 */
export function whenCollected(object: object, held: Releasable): void {
  theRegistry()?.register(object, held);
}
/** The same for what may be given back before, which it must tell by givenBack(). It takes a hundred bytes more. */
export function whenCollectedUnlessGivenBack(object: object, held: Releasable): void {
  theRegistry()?.register(object, held, held);
}
/** It has been given back: what the object held is not kept for the collector's report, which needs a turn of the event loop. */
export function givenBack(held: Releasable): void {
  registry.made?.unregister(held);
}
function theRegistry(): FinalizationRegistry<Releasable> | undefined {
  if (typeof FinalizationRegistry === 'undefined') return undefined;
  registry.made ??= new FinalizationRegistry((one) => one.release());
  return registry.made;
}
