// What a native throws by which a thread leaves all that it is in, and ends: no handler of the guest catches it. Refuses nothing.

export class ThreadExit extends Error {
  constructor() {
    super('a thread has ended itself');
  }
}
