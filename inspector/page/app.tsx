// The page as a whole: what is open on the left, what it does on the right; before anything is open, what one can do. Files can be dropped anywhere.
import { useEffect, useState } from 'preact/hooks';
import { begin, canBegin } from './begin.js';
import { Gauges } from './gauges.js';
import { OpenButton } from './open-button.js';
import { takeFiles } from './open-file.js';
import { OutcomeBanner } from './outcome-banner.js';
import { RunForm } from './run-form.js';
import { endSession, stop } from './session.js';
import * as state from './state.js';
import { Tabs } from './tabs.js';
import { RefusalView, SampleCards, Welcome } from './welcome.js';

export function App() {
  const over = useDrop();
  useShortcuts();
  const { value: file } = state.file;
  return (
    <>
      {file && (
        <a class="skip" href="#results">
          Skip to results
        </a>
      )}
      <Header />
      {file ? (
        <main class="workbench">
          <RunForm />
          <section class="results" id="results" aria-label="Results">
            <OutcomeBanner />
            <Gauges />
            <Tabs />
          </section>
        </main>
      ) : (
        <main class="start">
          {state.refused.value ? <RefusalView {...state.refused.value} /> : <Welcome />}
          <SampleCards />
        </main>
      )}
      {over && (
        <div class="drop-veil" aria-hidden="true">
          <p>{file ? 'A module opens; other files are for the guest' : 'Drop a module to open it'}</p>
        </div>
      )}
    </>
  );
}

function Header() {
  const { value: file } = state.file;
  return (
    <header class="bar">
      <h1>
        <Mark /> <b>Enclasm</b> <span>inspector</span>
      </h1>
      {file && (
        <p class="open-file" title={file.name}>
          <code>{file.name}</code>
        </p>
      )}
      <p class="wire" title={state.isolated ? WIRE.shared.title : WIRE.messages.title}>
        {state.isolated ? WIRE.shared.text : WIRE.messages.text}
      </p>
      {file && <OpenButton />}
      {file && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            endSession();
            state.file.value = undefined;
          }}
        >
          Samples
        </button>
      )}
    </header>
  );
}

const WIRE = {
  shared: {
    text: 'Shared memory',
    title: 'This page is isolated from other origins: the guest can wait for it, so the terminal is interactive.',
  },
  messages: {
    text: 'Messages',
    title:
      'This page is not isolated from other origins (COOP and COEP): input and files are given to the guest at its start.',
  },
};

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path d="M12 2 3 7v10l9 5 9-5V7z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
      <path d="M8 10v4l4 2.2 4-2.2v-4" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" />
    </svg>
  );
}

/** Whether files are being dragged over the page. */
function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const ended = new AbortController();
    const on = (name: 'dragover' | 'dragleave' | 'drop', act: (event: DragEvent) => void): void =>
      addEventListener(name, act, { signal: ended.signal });
    on('dragover', (event) => {
      event.preventDefault();
      setOver(true);
    });
    on('dragleave', (event) => {
      if (event.relatedTarget === null) setOver(false);
    });
    on('drop', (event) => {
      event.preventDefault();
      setOver(false);
      void takeFiles([...(event.dataTransfer?.files ?? [])]);
    });
    return () => ended.abort();
  }, []);
  return over;
}

/** Ctrl Enter runs, Escape stops, Alt and a digit shows a tab. */
function useShortcuts(): void {
  useEffect(() => {
    const act = (event: KeyboardEvent): void => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && canBegin()) void begin();
      else if (event.key === 'Escape' && state.runs.value) stop();
      else if (event.altKey && /^Digit[1-9]$/.test(event.code)) {
        const name = (Object.keys(state.TABS) as state.Tab[])[Number(event.code.slice(5)) - 1];
        if (!name || !state.file.value) return;
        state.tab.value = name;
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', act, true);
    return () => removeEventListener('keydown', act, true);
  }, []);
}
