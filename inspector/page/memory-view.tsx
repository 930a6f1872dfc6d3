// The guest's memory in hex, read in pieces as they come into view. Refuses addresses outside of it, beside the field.
import { useRef, useState } from 'preact/hooks';
import { Empty } from './empty.js';
import { nextData } from './find-data.js';
import { bytes as bytesText, hex } from './format.js';
import { readMemory } from './session.js';
import * as state from './state.js';
import { VirtualList } from './virtual-list.js';

const ROW_BYTES = 16;
const PIECE_BYTES = 4_096;
/** Pieces that are kept: a megabyte. */
const MOST_PIECES = 256;

/** Pieces of the memory by their number. */
class Pieces {
  readonly #known = new Map<number, Uint8Array | 'asked' | 'gone'>();
  readonly #size: number;
  readonly #changed: () => void;
  constructor(size: number, changed: () => void) {
    this.#size = size;
    this.#changed = changed;
  }
  want(from: number, to: number): void {
    for (let piece = Math.floor(from / PIECE_BYTES); piece * PIECE_BYTES < to; piece++) {
      if (!this.#known.has(piece)) void this.#ask(piece);
    }
  }
  async #ask(piece: number): Promise<void> {
    this.#known.set(piece, 'asked');
    if (this.#known.size > MOST_PIECES) this.#known.delete(this.#known.keys().next().value!);
    const address = piece * PIECE_BYTES;
    const read = await readMemory(address, Math.min(PIECE_BYTES, this.#size - address));
    this.#known.set(piece, read ?? 'gone');
    this.#changed();
  }
  /** The bytes of a row; undefined while they are not known. */
  row(index: number): Uint8Array | undefined {
    const address = index * ROW_BYTES;
    const piece = this.#known.get(Math.floor(address / PIECE_BYTES));
    return piece instanceof Uint8Array
      ? piece.subarray(address % PIECE_BYTES, (address % PIECE_BYTES) + ROW_BYTES)
      : undefined;
  }
}

export function MemoryView() {
  const size = state.usage.value?.memorySize;
  const { value: outcome } = state.outcome;
  if (state.runs.value) {
    if (size && state.isolated && state.phase.value === 'running') return <Live size={size} />;
    return (
      <Empty title="The guest runs">
        Its memory can be read as soon as it ends or is stopped{size !== undefined && `; now it has ${bytesText(size)}`}
        .{!state.isolated && ' While it runs, it hears only pages that are isolated from other origins.'}
      </Empty>
    );
  }
  if (!outcome) {
    return (
      <Empty title="No memory yet">Run the module: what it leaves in its memory will be here, byte by byte.</Empty>
    );
  }
  if (outcome.lost) {
    return (
      <Empty title="The memory is gone">
        The guest’s worker was ended, and its memory with it. A guest that ends by itself or at a limit leaves its
        memory here.
      </Empty>
    );
  }
  if (size === undefined || size === 0) return <Empty title="No memory">This module has none, or had not begun.</Empty>;
  return <Hex key={state.run.value} size={size} />;
}

/** The memory of a guest that runs: each part as it was when it came into view, until it is looked at anew. */
function Live({ size }: { readonly size: number }) {
  const [look, setLook] = useState(0);
  const [seen, setSeen] = useState(size);
  const anew = (): void => {
    setSeen(size);
    setLook(look + 1);
  };
  return (
    <>
      <div class="tools">
        <p class="chosen">The guest runs: each part is shown as it was when it came into view.</p>
        <span class="grow" />
        <button type="button" class="small" onClick={anew}>
          Look again
        </button>
      </div>
      <Hex key={look} size={seen} />
    </>
  );
}

function Hex({ size }: { readonly size: number }) {
  const [, redraw] = useState({});
  const [target, setTarget] = useState<{ readonly row: number }>();
  const pieces = useRef<Pieces | undefined>(undefined);
  pieces.current ??= new Pieces(size, () => redraw({}));
  const known = pieces.current;
  const top = useRef(0);
  return (
    <div class="listing">
      <Jump
        size={size}
        top={() => top.current * ROW_BYTES}
        go={(address) => setTarget({ row: Math.floor(address / ROW_BYTES) })}
      />
      <VirtualList
        count={Math.ceil(size / ROW_BYTES)}
        rowHeight={22}
        label="Memory"
        target={target}
        onRange={(from, to) => {
          top.current = from;
          known.want(from * ROW_BYTES, Math.min(size, to * ROW_BYTES));
        }}
        row={(i) => (
          <HexRow
            address={i * ROW_BYTES}
            bytes={known.row(i)}
            wanted={i === target?.row}
            digits={size > 2 ** 32 ? 12 : 8}
          />
        )}
      />
    </div>
  );
}

interface JumpProps {
  readonly size: number;
  /** The first address in view. */
  readonly top: () => number;
  readonly go: (address: number) => void;
}
function Jump({ size, top, go }: JumpProps) {
  const [fault, setFault] = useState('');
  const skip = async (): Promise<void> => {
    setFault('Looking…');
    const address = await nextData(size, top() + ROW_BYTES, ROW_BYTES, readMemory);
    setFault(address === undefined ? 'Only zeros follow' : '');
    if (address !== undefined) go(address);
  };
  const jump = (text: string): void => {
    const address = Number(text.trim());
    const isAddress = text.trim() !== '' && Number.isInteger(address) && address >= 0 && address < size;
    setFault(isAddress ? '' : `An address is 0 to 0x${hex(size - 1)}`);
    if (isAddress) go(address);
  };
  return (
    <form
      class="tools"
      onSubmit={(event) => {
        event.preventDefault();
        jump(String(new FormData(event.currentTarget).get('address')));
      }}
    >
      <input
        type="text"
        name="address"
        class="mono"
        placeholder="0x400"
        aria-label="Address"
        autocomplete="off"
        spellcheck={false}
      />
      <button type="submit" class="small">
        Go to address
      </button>
      <button type="button" class="small" onClick={() => void skip()}>
        Next data
      </button>
      <span class="fault" role="status">
        {fault}
      </span>
      <span class="grow" />
      <small>{bytesText(size)}</small>
    </form>
  );
}

interface HexRowProps {
  readonly address: number;
  readonly bytes: Uint8Array | undefined;
  readonly wanted: boolean;
  readonly digits: number;
}
function HexRow({ address, bytes, wanted, digits }: HexRowProps) {
  return (
    <div class={wanted ? 'hex wanted' : 'hex'}>
      <span class="address">{hex(address, digits)}</span>
      <span class="octets">{bytes ? octets(bytes) : '·· '.repeat(ROW_BYTES)}</span>
      <span class="chars">{bytes ? characters(bytes) : ''}</span>
    </div>
  );
}
/** Zeros are pale, so that what was written stands out. */
function octets(bytes: Uint8Array) {
  const runs: { text: string; zero: boolean }[] = [];
  bytes.forEach((byte, i) => {
    const text = `${hex(byte, 2)}${i === 7 ? '  ' : ' '}`;
    const last = runs.at(-1);
    if (last && last.zero === (byte === 0)) last.text += text;
    else runs.push({ text, zero: byte === 0 });
  });
  return runs.map(({ text, zero }, i) => (
    <span key={i} class={zero ? 'zero' : ''}>
      {text}
    </span>
  ));
}
function characters(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? byte : 0x2e)));
}
