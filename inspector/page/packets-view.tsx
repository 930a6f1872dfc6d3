// The packets that crossed the boundary of the enclave: commands go in, ocalls come out, each with its answer. Refuses to list what the memory view asks for,
// unless it is wanted.
import { useState } from 'preact/hooks';
import type { ObservedPacket } from '#src/enclave/untrusted/observed-transport.js';
import { Empty } from './empty.js';
import { bytes, count } from './format.js';
import { packets } from './state.js';
import { VirtualList } from './virtual-list.js';

/** The command of the memory view. */
const OWN = 'READ_MEMORY';

export function PacketsView() {
  const [own, setOwn] = useState(false);
  packets.changes.value;
  if (packets.rows.length === 0) {
    return (
      <Empty title="No packets yet">
        The guest runs in an enclave: a worker that this page reaches by numbered packets alone. Commands go in, calls
        for the host come out; each will be here with its size and how long its answer took.
      </Empty>
    );
  }
  const rows = own ? packets.rows : packets.rows.filter(({ name }) => name !== OWN);
  return (
    <div class="listing">
      <div class="tools">
        <label class="check">
          <input type="checkbox" checked={own} onChange={({ currentTarget }) => setOwn(currentTarget.checked)} />
          Show the inspector’s own reads of memory
        </label>
        <span class="grow" />
        <small>
          {count(rows.length)} packets{packets.dropped > 0 && `, ${count(packets.dropped)} older ones left out`}
        </small>
      </div>
      <div class="heads packets" aria-hidden="true">
        <span>Packet</span>
        <span>Asks</span>
        <span>Answer</span>
        <span>ms</span>
      </div>
      <VirtualList
        count={rows.length}
        rowHeight={26}
        label="Packets"
        follow
        row={(i) => <PacketLine {...rows[i]!} />}
      />
    </div>
  );
}

function PacketLine({ kind, name, bytes: asked, answerBytes, outcome, ms }: ObservedPacket) {
  return (
    <div class={outcome === 'answered' ? 'packets' : 'packets failed'}>
      <span>
        <span class={`badge ${kind}`}>{kind === 'command' ? 'in' : 'out'}</span>
        <code>{name}</code>
        {outcome !== 'answered' && <small> {outcome}</small>}
      </span>
      <span class="number">{bytes(asked)}</span>
      <span class="number">{outcome === 'lost' ? 'none' : bytes(answerBytes)}</span>
      <span class="number">{ms.toFixed(2)}</span>
    </div>
  );
}
