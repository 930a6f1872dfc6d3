// The type of a handler: one per row of the command table, with the row's argument and result types.
import type { Usage } from '../../wasm/usage-table.js';
import type { Args, CommandName, Result } from '../protocol/commands.js';
import type { CommandCall } from '../protocol/transport.js';
import type { Session } from './session.js';

export type Handler<K extends CommandName> = (
  session: Session,
  args: Args<K>,
  call: CommandCall,
) => Result<K> | Promise<Result<K>>;

/** Handlers of some commands: leaving one out does not compile. */
export type HandlersOf<K extends CommandName> = { readonly [Name in K]: Handler<Name> };

/** The error of a command that ran a guest, and what the command had used: both go into the error answer. */
export class FailedAfter extends Error {
  readonly error: unknown;
  readonly usage: Usage | undefined;
  constructor(error: unknown, usage: Usage | undefined) {
    super();
    this.error = error;
    this.usage = usage;
  }
}
