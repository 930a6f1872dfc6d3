#!/usr/bin/env node
// The command `enclasm-serve`: options to a configuration, signals to a drained end. Exit code 2 for a configuration or options that are refused, with
// every fault, 1 for what fails later.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, checked } from './config/config-error.js';
import { loadConfig } from './config/load.js';
import { type Config, configSchema } from './config/schema.js';
import { createLog } from './observe/log.js';
import { Server } from './server.js';

const HELP = `usage: enclasm-serve --functions FOLDER | --config FILE | --nats URL [options]

  --functions FOLDER  each NAME.wasm is a function, NAME.json beside it what it is given
  --config FILE       the whole configuration, as JSON; it is watched
  --nats URL          one of many machines: the broker that they share
  --nats-creds FILE   this node's credentials at the broker
  --host ADDRESS      where to listen; 127.0.0.1 unless given
  --port NUMBER       8080 unless given; 0: any that is free
  --help, --version
`;

const OPTIONS = {
  functions: { type: 'string' },
  config: { type: 'string' },
  nats: { type: 'string' },
  'nats-creds': { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** @throws ConfigError */
async function configOf(values: Values): Promise<Config> {
  const { functions, config: file, host, port, nats: servers, 'nats-creds': credentials } = values;
  const given = file === undefined ? checked(configSchema, {}, 'the options') : await loadConfig(file);
  const listen = {
    ...given.listen,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: Number(port) }),
  };
  const broker = {
    ...given.nats,
    ...(servers !== undefined && { servers }),
    ...(credentials !== undefined && { credentials }),
  };
  const isMember = servers !== undefined || given.nats !== undefined;
  // Checked once more: a port that is none is refused as one in a file is.
  const options = checked(configSchema, { listen, ...(isMember && { nats: broker }) }, 'the options');
  const folder = functions === undefined ? given.folder : resolve(functions);
  return { ...given, listen: options.listen, nats: options.nats, ...(folder !== undefined && { folder }) };
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help || values.version) {
    process.stdout.write(values.help ? HELP : `${version()}\n`);
    return;
  }
  if (values.functions === undefined && values.config === undefined && values.nats === undefined) {
    throw new TypeError('one of --functions, --config and --nats is wanted');
  }
  const file = values.config;
  const config = await configOf(values);
  const log = createLog(config.logLevel);
  const server = await Server.start({ config, log, ...(file !== undefined && { file }) });
  let isEnding = false;
  const end = (): void => {
    // Who asks twice does not want to wait.
    if (isEnding) process.exit(1);
    isEnding = true;
    void server.drain().then(() => process.exit(0));
  };
  process.on('SIGTERM', end).on('SIGINT', end);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isMistake = error instanceof ConfigError || error instanceof TypeError;
  process.stderr.write(`enclasm-serve: ${(error as Error).message}\n${error instanceof TypeError ? HELP : ''}`);
  process.exit(isMistake ? 2 : 1);
});
