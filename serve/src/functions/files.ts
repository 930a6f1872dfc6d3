// Functions that come from files: those of the configuration, and those of a folder, where NAME.wasm is a function and NAME.json what it is given.
// What changes is put into the registry, and nothing else. Refuses a file that is wrong, alone: the version before stays.
import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { ConfigError, checked } from '../config/config-error.js';
import { readJson } from '../config/load.js';
import { type Config, type Definition, definitionSchema, functionNameSchema } from '../config/schema.js';
import { type FunctionVersion, type Registry, sha256Of } from './registry.js';

/** A function as its files say. */
export interface FileFunction {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly definition: Definition;
}
/** Is told of files that are refused. */
export type FaultListener = (file: string, error: unknown) => void;

/** The functions of a folder. @param fault is told of each that is refused */
export async function readFolder(folder: string, fault: FaultListener): Promise<FileFunction[]> {
  const files = new Set(await readdir(folder));
  const modules = [...files].filter((file) => file.endsWith('.wasm')).sort();
  const read = modules.map(async (file): Promise<FileFunction[]> => {
    const path = join(folder, file);
    try {
      const name = checked(functionNameSchema, parse(file).name, path);
      const beside = `${name}.json`;
      const given = files.has(beside) ? await readJson(join(folder, beside)) : {};
      const definition = checked(definitionSchema, given, join(folder, beside));
      return [{ name, bytes: await readFile(path), definition }];
    } catch (error) {
      fault(path, error);
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}

/** The functions that a configuration names. @throws ConfigError with every module that cannot be read */
export async function readConfigured(functions: Config['functions']): Promise<FileFunction[]> {
  const faults: { path: string; message: string }[] = [];
  const read = Object.entries(functions).map(async ([name, { module, ...definition }]): Promise<FileFunction[]> => {
    try {
      return [{ name, bytes: await readFile(module), definition }];
    } catch (error) {
      faults.push({ path: `functions.${name}.module`, message: (error as Error).message });
      return [];
    }
  });
  const all = (await Promise.all(read)).flat();
  if (faults.length > 0) throw new ConfigError('the configuration', faults);
  return all;
}

/** Follows a set of files: puts what is new or changed, removes what is gone, and leaves alone what others put. */
export class FileFunctions {
  readonly #registry: Registry;
  /** What was taken last, by name: the hash of module and definition. */
  #known = new Map<string, string>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /**
   * All or nothing: where one is refused, nothing changes.
   * @throws ConfigError
   */
  async replaceAll(wanted: readonly FileFunction[]): Promise<void> {
    const faults: { path: string; message: string }[] = [];
    const versions = await Promise.all(
      this.#changed(wanted).map((one) =>
        this.#registry.prepare(one.name, one.bytes, one.definition).catch((error: Error) => {
          faults.push({ path: `functions.${one.name}`, message: error.message });
          return undefined;
        }),
      ),
    );
    if (faults.length > 0) throw new ConfigError('the configuration', faults);
    this.#commit(wanted, versions as FunctionVersion[]);
  }
  /** Each for itself. @param isThere whether files of that name are there: where they are refused, the version before stays */
  async replaceEach(
    wanted: readonly FileFunction[],
    isThere: (name: string) => boolean,
    fault: FaultListener,
  ): Promise<void> {
    const refused = new Set<string>();
    const versions: FunctionVersion[] = [];
    for (const one of this.#changed(wanted)) {
      try {
        versions.push(await this.#registry.prepare(one.name, one.bytes, one.definition));
      } catch (error) {
        refused.add(one.name);
        fault(one.name, error);
      }
    }
    const kept = [...this.#known.keys()].filter((name) => isThere(name));
    this.#commit(
      wanted.filter(({ name }) => !refused.has(name)),
      versions,
      kept,
    );
  }

  #changed(wanted: readonly FileFunction[]): FileFunction[] {
    return wanted.filter((one) => this.#known.get(one.name) !== hashOf(one));
  }
  #commit(wanted: readonly FileFunction[], versions: readonly FunctionVersion[], kept: readonly string[] = []): void {
    const known = new Map(wanted.map((one) => [one.name, hashOf(one)]));
    for (const name of kept) if (!known.has(name)) known.set(name, this.#known.get(name)!);
    for (const version of versions) this.#registry.commit(version);
    for (const name of this.#known.keys()) if (!known.has(name)) this.#registry.remove(name);
    this.#known = known;
  }
}

function hashOf({ bytes, definition }: FileFunction): string {
  return sha256Of(Buffer.from(sha256Of(bytes) + JSON.stringify(definition)));
}
