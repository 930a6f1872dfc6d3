// How the run stands or ended: two lines that are always there, so that nothing moves when it ends. Refuses nothing.
import type { SourceFrame } from '#src/debug/source-frames.js';
import type { Outcome } from './outcome.js';
import * as state from './state.js';

export function OutcomeBanner() {
  const { value: phase } = state.phase;
  const { value: outcome } = state.outcome;
  const ended = phase === 'ended' ? outcome : undefined;
  return (
    <div class={`outcome ${ended ? ended.tone : phase}`}>
      <span class="dot" aria-hidden="true" />
      <div role="status" class="lines">
        {ended ? <Ended {...ended} /> : <Standing {...PHASES[phase]} />}
      </div>
      {ended?.mode && ended.tone !== 'good' && (
        <small class="how" title={ended.modeReason}>
          mode {ended.mode}
        </small>
      )}
      {ended?.field && (
        <button type="button" class="small" onClick={() => reveal(ended.field!)}>
          Change the limit
        </button>
      )}
      {ended?.frames && ended.frames.length > 0 && <Frames frames={ended.frames} />}
    </div>
  );
}

/** Focuses a field, which may be folded away. */
function reveal(id: string): void {
  const field = document.getElementById(id);
  const fold = field?.closest('details');
  if (fold) fold.open = true;
  field?.focus();
}

interface Phase {
  readonly title: string;
  readonly detail: string;
}
const PHASES: Readonly<Record<typeof state.phase.value, Phase>> = {
  idle: { title: 'Ready to run', detail: 'Set what it gets and what it may use, then press Run.' },
  starting: { title: 'Starting', detail: 'Its enclave is being made.' },
  running: { title: 'Running', detail: 'It can be stopped at any time.' },
  stopping: { title: 'Stopping', detail: 'It was asked to stop. Stop again, and its worker ends at once.' },
  ended: { title: 'Ended', detail: '' },
};

function Standing({ title, detail }: Phase) {
  return (
    <>
      <strong>{title}</strong>
      <p>{detail}</p>
    </>
  );
}

function Ended({ title, detail, advice, frames = [], mode, modeReason }: Outcome) {
  const [innermost] = frames;
  const parts = [innermost && `in ${placeOf(innermost)}`, detail, advice].filter((part) => part !== undefined);
  const text = parts.length > 0 ? parts.map(sentence).join(' ') : modeReason && sentence(`mode ${mode}: ${modeReason}`);
  return (
    <>
      <strong>{title}</strong>
      <p title={text}>{text}</p>
    </>
  );
}
function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.:!?]$/.test(whole) ? whole : `${whole}.`;
}

function placeOf({ functionName, source }: SourceFrame): string {
  return source ? `${functionName} (${source.file}:${source.line})` : functionName;
}

/** The calls that led to the end, over what is below. */
function Frames({ frames }: { readonly frames: readonly SourceFrame[] }) {
  return (
    <details class="frames">
      <summary class="button small">Trace</summary>
      <ol aria-label="Calls, the innermost first">
        {frames.map((frame, i) => (
          <li key={i}>
            <code>{frame.functionName}</code>
            <small>
              function {frame.functionIndex}
              {frame.offset >= 0 && `, offset 0x${frame.offset.toString(16)}`}
              {frame.source && `, ${frame.source.file}:${frame.source.line}`}
            </small>
          </li>
        ))}
      </ol>
    </details>
  );
}
