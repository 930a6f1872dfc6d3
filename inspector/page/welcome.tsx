// What the page shows while no module is open: what one can do, samples, and why a file was refused. Refuses nothing.
import type { Refusal } from '../messages.js';
import { begin } from './begin.js';
import { hex } from './format.js';
import { OpenButton } from './open-button.js';
import { openSample } from './open-file.js';
import { SAMPLES, type Sample } from './samples.js';
import * as state from './state.js';

export function Welcome() {
  const { value: opening } = state.opening;
  return (
    <section class="welcome">
      <h2>See what a WebAssembly module does</h2>
      <p class="lead">
        Drop a <code>.wasm</code> file anywhere on this page. It runs here, in a worker, under limits that you set: what
        it calls, where its fuel goes, what is in its memory.
      </p>
      <p class="actions">
        <OpenButton primary />
        <span role="status">{opening ? `Reading ${opening}…` : 'Nothing leaves this computer.'}</span>
      </p>
    </section>
  );
}

export function SampleCards() {
  return (
    <section class="samples" aria-labelledby="samples-title">
      <h2 id="samples-title">Or begin with a sample</h2>
      <ul>
        {SAMPLES.map((sample) => (
          <li key={sample.file + sample.title}>
            <button type="button" class="card" onClick={() => void run(sample)}>
              <strong>{sample.title}</strong>
              <span>{sample.text}</span>
              <code>
                {sample.file.replace('.wasm', '')} {sample.args}
              </code>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function run(sample: Sample): Promise<void> {
  if (await openSample(sample)) await begin();
}

export function RefusalView({ name, refusal }: { readonly name: string; readonly refusal: Refusal }) {
  const { title, message, advice, at } = refusal;
  return (
    <section class="welcome refusal" role="alert">
      <h2>{title}</h2>
      <p class="lead">
        <code>{name}</code>: {message}
      </p>
      <p>{advice}</p>
      {at && <Bytes {...at} />}
      <p class="actions">
        <OpenButton primary />
      </p>
    </section>
  );
}

function Bytes({ offset, from, bytes }: NonNullable<Refusal['at']>) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) lines.push(at);
  return (
    <figure>
      <figcaption>
        The bytes around offset {offset} (0x{hex(offset)})
      </figcaption>
      <pre>
        {lines.map((line) => (
          <div key={line}>
            <span class="address">{hex(from + line, 8)}</span>
            {[...bytes.slice(line, line + 16)].map((byte, i) => {
              const text = hex(byte, 2);
              return from + line + i === offset ? (
                <mark key={from + line + i}>{text}</mark>
              ) : (
                <span key={from + line + i}>{text}</span>
              );
            })}
          </div>
        ))}
      </pre>
    </figure>
  );
}
