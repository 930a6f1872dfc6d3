// The views of a run as tabs: the arrow keys move between them, as the pattern for tabs says. The terminal stays in the document, because it keeps its own
// screen; the other views are made when they are chosen. Refuses nothing.
import { useEffect, useRef } from 'preact/hooks';
import { CallsView } from './calls-view.js';
import { FilesView } from './files-view.js';
import { FlameView } from './flame-view.js';
import { HeapView } from './heap-view.js';
import { MemoryView } from './memory-view.js';
import { ModuleView } from './module-view.js';
import { PacketsView } from './packets-view.js';
import { terminal } from './session.js';
import * as state from './state.js';
import { TimelineView } from './timeline-view.js';

const VIEWS = {
  flame: FlameView,
  timeline: TimelineView,
  calls: CallsView,
  memory: MemoryView,
  heap: HeapView,
  packets: PacketsView,
  files: FilesView,
  module: ModuleView,
};
const NAMES = Object.keys(state.TABS) as state.Tab[];

export function Tabs() {
  const { value: chosen } = state.tab;
  const View = chosen === 'terminal' ? undefined : VIEWS[chosen];
  return (
    <div class="views">
      <TabList chosen={chosen} />
      <div role="tabpanel" id="panel-terminal" aria-labelledby="tab-terminal" class="panel" hidden={View !== undefined}>
        <TerminalView />
      </div>
      {View && (
        <div role="tabpanel" id={`panel-${chosen}`} aria-labelledby={`tab-${chosen}`} class="panel">
          <View />
        </div>
      )}
    </div>
  );
}

function TabList({ chosen }: { readonly chosen: state.Tab }) {
  const move = (event: KeyboardEvent): void => {
    const at = NAMES.indexOf(chosen);
    const places: Readonly<Record<string, number>> = {
      ArrowRight: (at + 1) % NAMES.length,
      ArrowLeft: (at + NAMES.length - 1) % NAMES.length,
      Home: 0,
      End: NAMES.length - 1,
    };
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    state.tab.value = NAMES[to]!;
    document.getElementById(`tab-${NAMES[to]}`)?.focus();
  };
  return (
    <div role="tablist" aria-label="Views" onKeyDown={move} class="tabs">
      {NAMES.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === chosen}
          aria-controls={name === chosen || name === 'terminal' ? `panel-${name}` : undefined}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => {
            state.tab.value = name;
          }}
        >
          {state.TABS[name]}
        </button>
      ))}
    </div>
  );
}

function silence(): string {
  if (state.phase.value === 'ended') return 'It printed nothing.';
  return state.waitsForInput.value ? '' : 'What the program prints will be here.';
}

function TerminalView() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const unmount = terminal.mount(place.current!);
    terminal.onWaiting = (waits) => {
      state.waitsForInput.value = waits;
      if (waits && state.tab.value === 'terminal') terminal.focus();
    };
    return unmount;
  }, []);
  return (
    <>
      <div class="screen">
        <div class="tty" ref={place} />
        {!state.printed.value && <p class="silent">{silence()}</p>}
      </div>
      <p class="hint" aria-live="polite">
        {state.waitsForInput.value ? 'The program waits for a line. Ctrl D ends the input.' : ''}
      </p>
    </>
  );
}
