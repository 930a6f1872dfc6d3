// How the run stands or ended: one line that is always there, with the frames of a trap below. Refuses nothing.
import type { SourceFrame } from '#src/debug/source-frames.js';
import { milliseconds } from './format.js';
import type { Outcome } from './outcome.js';
import * as state from './state.js';

export function OutcomeBanner() {
  const { value: phase } = state.phase;
  const { value: outcome } = state.outcome;
  const tone = phase === 'ended' && outcome ? outcome.tone : phase;
  return (
    <div class={`outcome ${tone}`}>
      <div role="status" class="line">
        <span class="dot" aria-hidden="true" />
        {phase === 'ended' && outcome ? <Ended {...outcome} /> : <strong>{PHASES[phase]}</strong>}
      </div>
      {outcome?.frames && outcome.frames.length > 0 && <Frames frames={outcome.frames} />}
    </div>
  );
}

const PHASES = {
  idle: 'Ready to run',
  running: 'Running',
  stopping: 'Stopping',
  ended: 'Ended',
};

function Ended({ title, detail, advice, limit, mode, modeReason }: Outcome) {
  return (
    <>
      <strong>{title}</strong>
      {detail && <span>{detail}</span>}
      {advice && <span>{advice}</span>}
      {limit && (
        <button type="button" class="link" onClick={() => document.getElementById(`limit-${limit}`)?.focus()}>
          Change it
        </button>
      )}
      {mode && (
        <small title={modeReason}>
          mode {mode}, {milliseconds(state.elapsed.value)}
        </small>
      )}
    </>
  );
}

function Frames({ frames }: { readonly frames: readonly SourceFrame[] }) {
  return (
    <ol class="frames" aria-label="Calls, the innermost first">
      {frames.map((frame, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: frames have no other identity
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
  );
}
