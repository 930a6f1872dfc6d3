// The type of a handler: one per row of the command table, with the row's argument and result types.
import type { Usage } from '../../wasm/usage-table.js';
import type { Args, CommandName, Result } from '../protocol/commands.js';
import type { Session } from './session.js';

/** How the command came. */
export interface CallContext {
  /** The answer may be a promise. */
  readonly async: boolean;
  /** The client gave up on it: looked at while the guest runs. */
  readonly signal: { readonly aborted: boolean } | undefined;
}

export type Handler<K extends CommandName> = (
  session: Session,
  args: Args<K>,
  call: CallContext,
) => Result<K> | Promise<Result<K>>;

/** Handlers of some commands: leaving one out does not compile. */
export type HandlersOf<K extends CommandName> = { readonly [Name in K]: Handler<Name> };

/** What a command that ran a guest failed with, and what it had used: both go into the error answer. */
export class FailedAfter extends Error {
  readonly error: unknown;
  readonly usage: Usage | undefined;
  constructor(error: unknown, usage: Usage | undefined) {
    super();
    this.error = error;
    this.usage = usage;
  }
}
