// The calls of natives and of WASI, in order: what the guest asked for. Refuses nothing.
import { useState } from 'preact/hooks';
import { Empty } from './empty.js';
import { count } from './format.js';
import { type CallEntry, calls } from './state.js';
import { VirtualList } from './virtual-list.js';

export function CallsView() {
  const [wanted, setWanted] = useState('');
  const [onlyFailed, setOnlyFailed] = useState(false);
  calls.changes.value;
  if (calls.rows.length === 0) {
    return (
      <Empty title="No calls yet">
        Each call that the program makes to its host will be here: files that it opens, what it writes, the clock that
        it reads, with arguments and results.
      </Empty>
    );
  }
  const filters = wanted !== '' || onlyFailed;
  const rows = filters ? calls.rows.filter((row) => matches(row, wanted, onlyFailed)) : calls.rows;
  return (
    <div class="listing">
      <div class="tools">
        <input
          type="search"
          class="mono"
          placeholder="Filter: fd_write"
          aria-label="Filter calls"
          value={wanted}
          onInput={({ currentTarget }) => setWanted(currentTarget.value)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={onlyFailed}
            onChange={({ currentTarget }) => setOnlyFailed(currentTarget.checked)}
          />
          Only failed
        </label>
        <span class="grow" />
        <small>
          {count(rows.length)} rows{calls.dropped > 0 && `, ${count(calls.dropped)} older ones left out`}
        </small>
      </div>
      <div class="heads calls" aria-hidden="true">
        <span>Call</span>
        <span>Fuel so far</span>
        <span>ms</span>
      </div>
      {rows.length === 0 ? (
        <p class="none">No call matches.</p>
      ) : (
        <VirtualList
          count={rows.length}
          rowHeight={26}
          label="Calls"
          follow
          row={(i) => <CallLine entry={rows[i]!} />}
        />
      )}
    </div>
  );
}

function matches(entry: CallEntry, wanted: string, onlyFailed: boolean): boolean {
  if ('skipped' in entry) return false;
  return (!onlyFailed || entry.failed) && entry.text.includes(wanted);
}

function CallLine({ entry }: { readonly entry: CallEntry }) {
  if ('skipped' in entry)
    return <div class="calls skipped">{count(entry.skipped)} calls in between are not listed</div>;
  return (
    <div class={entry.failed ? 'calls failed' : 'calls'} title={entry.text}>
      <code>{entry.text}</code>
      <span class="number">{count(entry.fuel)}</span>
      <span class="number">{entry.ms.toFixed(2)}</span>
    </div>
  );
}
