// Reads a configuration from its file. Paths in it are relative to the file's folder. Refuses what the schema does, and what is no JSON, by file.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError, checked } from './config-error.js';
import { type Config, configSchema } from './schema.js';

/** @throws ConfigError */
export async function loadConfig(file: string): Promise<Config> {
  return withFolder(checked(configSchema, await readJson(file), file), dirname(resolve(file)));
}

/** @throws ConfigError where the file cannot be read, or is no JSON */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(file, [{ path: '', message: (error as Error).message }]);
  }
}

function withFolder(config: Config, base: string): Config {
  const at = (path: string): string => resolve(base, path);
  return {
    ...config,
    ...(config.folder !== undefined && { folder: at(config.folder) }),
    ...(config.nats && {
      nats: {
        ...config.nats,
        ...(config.nats.credentials !== undefined && { credentials: at(config.nats.credentials) }),
        ...(config.nats.tls && { tls: mapValues(config.nats.tls, at) }),
      },
    }),
    functions: mapValues(config.functions, (one) => ({
      ...one,
      module: at(one.module),
      directories: mapValues(one.directories, ({ path, readOnly }) => ({ path: at(path), readOnly })),
    })),
  };
}

function mapValues<T, U>(given: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, change(value)]));
}
