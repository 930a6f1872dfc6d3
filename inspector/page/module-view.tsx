// What the module says of itself: its sections, imports, exports, and its text. Lists and text come from the worker that read it, as they come into view.
// Refuses nothing.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExternRow, ModuleAnswers, Summary } from '../messages.js';
import { bytes, count, hex } from './format.js';
import { moduleClient, textClient } from './module-client.js';
import { file } from './state.js';
import { VirtualList } from './virtual-list.js';

const PARTS = { sections: 'Sections', imports: 'Imports', exports: 'Exports', text: 'Text' } as const;
type Part = keyof typeof PARTS;

export function ModuleView() {
  const [part, setPart] = useState<Part>('sections');
  const { summary, name } = file.value!;
  return (
    <div class="listing">
      <div class="tools">
        <fieldset class="segments" aria-label="Part of the module">
          {(Object.keys(PARTS) as Part[]).map((one) => (
            <button key={one} type="button" aria-pressed={part === one} onClick={() => setPart(one)}>
              {PARTS[one]}
              {(one === 'imports' || one === 'exports') && <small> {count(summary[one])}</small>}
            </button>
          ))}
        </fieldset>
        <span class="grow" />
        <small>{factsOf(summary)}</small>
      </div>
      {part === 'sections' && <Sections {...summary} />}
      {part === 'imports' && (
        <Externs key={`${name}-imports`} ask="imports" total={summary.imports} none="This module imports nothing." />
      )}
      {part === 'exports' && (
        <Externs key={`${name}-exports`} ask="exports" total={summary.exports} none="This module exports nothing." />
      )}
      {part === 'text' && <Text key={name} />}
    </div>
  );
}

function factsOf({ bytes: size, functions, memory, features }: Summary): string {
  const parts = [
    bytes(size),
    `${count(functions)} functions`,
    memory && `memory ${memory}`,
    features.length > 0 && features.join(', '),
  ];
  return parts.filter(Boolean).join(' · ');
}

function Sections({ sections }: Summary) {
  return (
    <>
      <div class="heads sections" aria-hidden="true">
        <span>Section</span>
        <span>Offset</span>
        <span>Bytes</span>
        <span>Entries</span>
      </div>
      <VirtualList
        count={sections.length}
        rowHeight={26}
        label="Sections"
        row={(i) => {
          const { name, offset, bytes: size, entries } = sections[i]!;
          return (
            <div class="sections">
              <code>{name}</code>
              <span class="number">0x{hex(offset)}</span>
              <span class="number">{count(size)}</span>
              <span class="number">{entries === undefined ? '' : count(entries)}</span>
            </div>
          );
        }}
      />
    </>
  );
}

const PIECE = 200;

/** Rows of the worker's, asked for in pieces. */
function usePieces<K extends 'imports' | 'exports' | 'lines'>(ask: K) {
  type Row = ModuleAnswers[K][number];
  const [, redraw] = useState({});
  const known = useRef(new Map<number, readonly Row[] | undefined>()).current;
  const want = (from: number, to: number): void => {
    for (let piece = Math.floor(from / PIECE); piece * PIECE < to; piece++) {
      if (known.has(piece)) continue;
      known.set(piece, undefined);
      (ask === 'lines' ? textClient : moduleClient)
        .ask(ask, { from: piece * PIECE, to: (piece + 1) * PIECE } as never)
        .then((rows) => {
          known.set(piece, rows as readonly Row[]);
          redraw({});
        })
        // The file was closed: nobody waits for its rows any more.
        .catch(() => known.delete(piece));
    }
  };
  return { want, row: (i: number): Row | undefined => known.get(Math.floor(i / PIECE))?.[i % PIECE] };
}

function Externs({
  ask,
  total,
  none,
}: {
  readonly ask: 'imports' | 'exports';
  readonly total: number;
  readonly none: string;
}) {
  const { want, row } = usePieces(ask);
  if (total === 0) return <p class="none">{none}</p>;
  return (
    <VirtualList
      count={total}
      rowHeight={26}
      label={ask === 'imports' ? 'Imports' : 'Exports'}
      onRange={want}
      row={(i) => <Extern row={row(i) as ExternRow | undefined} />}
    />
  );
}
function Extern({ row }: { readonly row: ExternRow | undefined }) {
  if (!row) return <div class="externs" />;
  return (
    <div class="externs" title={`${row.name} ${row.type}`}>
      <span class="badge">{row.kind}</span>
      <code>{row.name}</code>
      <code class="type">{row.type}</code>
    </div>
  );
}

function Text() {
  const [lines, setLines] = useState<number>();
  const [fault, setFault] = useState('');
  const { want, row } = usePieces('lines');
  useEffect(() => {
    const fail = (error: Error): void => setFault(error.message);
    textClient.print(file.value!.bytes).then(setLines, fail);
  }, []);
  if (fault)
    return (
      <p class="none" role="alert">
        The text cannot be made: {fault}
      </p>
    );
  if (lines === undefined)
    return (
      <p class="none" role="status">
        Writing the text…
      </p>
    );
  return (
    <VirtualList
      count={lines}
      rowHeight={20}
      label="The module as text"
      onRange={want}
      row={(i) => (
        <div class="text-line">
          <span class="address">{i + 1}</span>
          <code>{row(i) as string | undefined}</code>
        </div>
      )}
    />
  );
}
