// What came of the commands of a script. Refuses a pass where the skip list says that there is none.
import type { Command } from './script-commands.js';

export interface Failure {
  readonly line: number;
  /** The cause is an earlier failure, which was reported there. */
  readonly follows: boolean;
  readonly expected: string;
  readonly got: string;
}

export interface SkippedCommand {
  readonly line: number;
  readonly reason: string;
}

export interface ScriptReport {
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skipped: readonly SkippedCommand[];
}

/** Why a command is expected not to pass. */
export interface Skip {
  readonly reason: string;
  /** The command must not even be run. */
  readonly neverRun?: boolean;
  /** Whether the command passes depends on the JavaScript engine. */
  readonly mayPass?: boolean;
}

export type Outcome =
  | { readonly status: 'pass' }
  | { readonly status: 'fail'; readonly expected: string; readonly got: string; readonly follows?: boolean }
  | { readonly status: 'skip'; readonly reason: string };

export const PASS: Outcome = { status: 'pass' };
export const skip = (reason: string): Outcome => ({ status: 'skip', reason });
export const fail = (expected: string, got: string): Outcome => ({ status: 'fail', expected, got });

/** A report that is being written. */
export interface Report {
  passed: number;
  readonly failures: Failure[];
  readonly skipped: SkippedCommand[];
}

/** Counts what came of a command. */
export function note(report: Report, { line }: Command, listed: Skip | undefined, outcome: Outcome): void {
  const { failures, skipped } = report;
  if (outcome.status === 'skip') skipped.push({ line, reason: outcome.reason });
  else if (listed !== undefined && outcome.status === 'fail') skipped.push({ line, reason: listed.reason });
  else if (listed !== undefined && !listed.mayPass)
    failures.push({ line, follows: false, expected: `skipped: ${listed.reason}`, got: 'a pass' });
  else if (outcome.status === 'fail') failures.push({ follows: false, ...outcome, line });
  else report.passed++;
}
