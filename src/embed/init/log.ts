// The log of one runtime: lines of the set level, and graver ones, go to the platform.
// Refuses unknown levels; characters that a terminal would obey are made visible.
import { printable } from '../../base/quote.js';
import { show } from '../../base/show.js';
import { LOG_LEVELS, type LogLevel, type Platform } from '../../platform/platform.js';
import { UsageError } from '../../wasm/errors.js';

export class Log {
  readonly #platform: Platform;
  #level: LogLevel;

  constructor(platform: Platform, level: LogLevel) {
    this.#platform = platform;
    this.#level = level;
  }
  get level(): LogLevel {
    return this.#level;
  }
  /** Throws a UsageError for an unknown level. */
  setLevel(level: LogLevel): void {
    if (!LOG_LEVELS.includes(level))
      throw new UsageError(`log level ${show(level)}: one of ${LOG_LEVELS.join(', ')} is wanted`);
    this.#level = level;
  }
  warn(text: string): void {
    this.write('warning', text);
  }
  write(level: LogLevel, text: string): void {
    if (LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.#level)) this.#platform.log(level, printable(text));
  }
}
