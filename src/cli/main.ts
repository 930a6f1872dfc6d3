// `enclasm COMMAND ...`: arguments in, exit code out. Everything but `run` is loaded only when it is asked for, so that programs start fast.
// A file instead of a command is run. Refuses unknown commands and options, in one line.
import { existsSync } from 'node:fs';
import { CliError } from './cli-error.js';
import { COMMANDS, type CommandName, OPTIONS } from './command-options.js';
import type { Io } from './io.js';
import { type AllOptions, nearest, parse } from './parse.js';
import { requestOf } from './run-options.js';

/** @param words the arguments after the program's name */
export async function main(words: readonly string[], io: Io): Promise<number> {
  let trace = false;
  try {
    const [first, ...others] = words;
    if (first === undefined) {
      io.err((await import('./help.js')).overview());
      return 1;
    }
    const command = ALIASES[first] ?? first;
    if (command === 'help') return await help(others, io);
    if (!isCommand(command) && isRun(first)) return await main(['run', ...words], io);
    if (!isCommand(command)) throw new CliError(`enclasm: ${unknownCommand(first)}`);
    const { options, operands } = parse(OPTIONS, COMMANDS[command].options, others, `enclasm ${command}`, {
      mixed: command !== 'run',
    });
    trace = options.trace ?? false;
    if (options.help) return await help([command], io);
    checkOperands(command, operands);
    return await COMMAND_MAINS[command](options, operands, io);
  } catch (error) {
    const text = error instanceof CliError ? error.message : unexpected(error);
    io.err(`${text.startsWith('enclasm') ? '' : 'enclasm: '}${text}\n`);
    if (trace) io.err(`${(error as Error).stack}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

const ALIASES: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
};

type CommandMain = (options: AllOptions, operands: readonly string[], io: Io) => Promise<number>;

const COMMAND_MAINS: Readonly<Record<CommandName, CommandMain>> = {
  run: async (options, operands, io) => {
    const request = requestOf(options, operands, io.env);
    if (options.seeds) return (await import('./seeds.js')).runSeeds(request, options.seeds, io);
    return (await import('./run.js')).run(request, io);
  },
  compile: async (options, operands, io) => (await import('./compile.js')).compileFile(operands[0]!, options, io),
  validate: async (options, operands, io) => (await import('./validate.js')).validateFiles(operands, options, io),
  objdump: async (options, operands, io) => (await import('./objdump.js')).objdump(operands[0]!, options, io),
  print: async (options, operands, io) => (await import('./print.js')).printFile(operands[0]!, options, io),
  wast: async (options, operands, io) => (await import('./wast.js')).runWast(operands, options, io),
  version: async (options, _, io) => (await import('./version.js')).version(options, io),
  completion: async (_, operands, io) => (await import('./completion.js')).completion(operands[0]!, io),
};

/** Whether a file without a command, or options before it, mean `run`. */
function isRun(first: string): boolean {
  return first.startsWith('-') || /[./\\]/.test(first) || existsSync(first);
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

async function help(words: readonly string[], io: Io): Promise<number> {
  const { commandHelp, overview } = await import('./help.js');
  const [command] = words;
  if (command !== undefined && !isCommand(command)) throw new CliError(`enclasm: ${unknownCommand(command)}`);
  io.help(command === undefined ? overview() : commandHelp(command));
  return 0;
}

function unknownCommand(word: string): string {
  const near = nearest(word, Object.keys(COMMANDS));
  return `unknown command '${word}'; ${near ? `did you mean '${near}'? ` : ''}'enclasm help' lists commands`;
}

function checkOperands(command: CommandName, operands: readonly string[]): void {
  const { least, most, operands: wanted } = COMMANDS[command];
  if (operands.length < least)
    throw new CliError(`enclasm ${command}: ${wanted} is missing; see 'enclasm help ${command}'`);
  if (operands.length > most) {
    const extra = operands[most]!;
    throw new CliError(`enclasm ${command}: '${extra}' is too much; ${wanted === '' ? 'nothing' : wanted} is wanted`);
  }
}

function unexpected(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return `unexpected error: ${text}; please report it (--trace shows where)`;
}
