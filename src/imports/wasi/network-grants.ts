// The part of the network that a guest may use: WAMR's address pool and its list of names that may be looked up. Refuses every address and name that
// is not granted.
import { FileError } from '../../platform/errno.js';
import type { GuestNetwork, NetAddress, OsNetwork } from '../../platform/net.js';
import type { NETWORK_OPTIONS, OptionsOf } from '../../runtime/option-tables.js';
import { UsageError } from '../../wasm/errors.js';
import { IpRange, parseIp, unmapped } from './ip.js';

/** The network addresses and names that a guest may use: none unless given. */
export type NetworkOptions = OptionsOf<typeof NETWORK_OPTIONS>;

export class NetworkGrant {
  readonly #ranges: readonly IpRange[];
  readonly #names: readonly string[];
  readonly #platform: Partial<OsNetwork>;
  #network: GuestNetwork | undefined;

  /** @throws UsageError for an address pool that cannot be parsed */
  constructor(options: NetworkOptions, platform: Partial<OsNetwork>) {
    this.#ranges = (options.addressPool ?? []).map((text) => {
      const range = IpRange.parse(text);
      if (!range) throw new UsageError(`addressPool: '${text}' is not an address or ADDRESS/BITS`);
      return range;
    });
    this.#names = (options.allowResolve ?? []).map((name) => name.toLowerCase());
    this.#platform = platform;
  }
  /** The guest's network. Throws EACCES where no part of it is granted, ENOTSUP where the platform has none. */
  get network(): GuestNetwork {
    if (this.#ranges.length === 0 && this.#names.length === 0) throw new FileError('EACCES');
    if (!this.#platform.network) throw new FileError('ENOTSUP');
    this.#network ??= this.#platform.network();
    return this.#network;
  }
  /** Throws EACCES for an address outside the pool. */
  checkAddress({ host }: NetAddress): void {
    const bytes = parseIp(host);
    const allowed = bytes && this.#ranges.some((range) => range.includes(bytes) || range.includes(unmapped(bytes)));
    if (!allowed) throw new FileError('EACCES');
  }
  /** Throws EACCES for a name that may not be looked up. Names are compared without case, as DNS does. */
  checkName(name: string): void {
    const wanted = name.toLowerCase().replace(/\.$/, '');
    const allowed = this.#names.some((pattern) =>
      pattern.startsWith('*') ? wanted.endsWith(pattern.slice(1)) : wanted === pattern,
    );
    if (!allowed) throw new FileError('EACCES');
  }
  close(): void {
    this.#network?.close();
    this.#network = undefined;
  }
}
