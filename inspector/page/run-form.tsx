// How the module is run: entry, arguments, input, files, limits, mode. Refuses nothing: begin.ts reads the fields.

import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { MODE_CHOICES, type ModeChoice } from '#src/runtime/running-mode.js';
import { begin } from './begin.js';
import { bytes, count } from './format.js';
import { FIELDS, LIMIT_FIELDS, type LimitField } from './limit-fields.js';
import { addInput } from './open-file.js';
import { stop } from './session.js';
import * as state from './state.js';

const APPLE = /Mac|iP(hone|ad)/.test(navigator.platform);

export function RunForm() {
  return (
    <form
      class="run"
      aria-label="How it runs"
      onSubmit={(event) => {
        event.preventDefault();
        void begin();
      }}
    >
      <div class="fields">
        <EntryField />
        <Text
          label={state.entry.value < 0 ? 'Arguments' : 'Values'}
          value={state.args}
          placeholder={placeholder()}
          mono
        />
        <InputField />
        <FilesField />
        <Limits />
        <Running />
      </div>
      <Buttons />
    </form>
  );
}

function placeholder(): string {
  const entry = state.file.value?.summary.entries.find(({ index }) => index === state.entry.value);
  if (!entry) return 'one "two words"';
  return entry.params.length === 0 ? 'none' : entry.params.join(' ');
}

export function Buttons() {
  const { value: phase } = state.phase;
  return (
    <div class="buttons">
      {state.fault.value && (
        <p class="fault" role="alert">
          {state.fault.value}
        </p>
      )}
      {/* Both are always there, so that the focus and the layout stay where they are. */}
      <button type="submit" class="primary" disabled={state.runs.value}>
        Run <kbd>{APPLE ? '⌘' : 'Ctrl'} ↵</kbd>
      </button>
      <button type="button" class="stop" disabled={!state.runs.value} onClick={stop}>
        {phase === 'stopping' ? 'Stop at once' : 'Stop'} <kbd>Esc</kbd>
      </button>
    </div>
  );
}

function Field({
  label,
  children,
  note,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
  readonly note?: string;
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label class="field">
      <span>{label}</span>
      {children}
      {note && <small>{note}</small>}
    </label>
  );
}

interface TextProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly placeholder?: string;
  readonly mono?: boolean;
}
function Text({ label, value, placeholder: hint = '', mono = false }: TextProps) {
  return (
    <Field label={label}>
      <input
        type="text"
        class={mono ? 'mono' : ''}
        value={value.value}
        placeholder={hint}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      />
    </Field>
  );
}

function EntryField() {
  const { summary } = state.file.value!;
  return (
    <Field label="Function" note={summary.moreEntries > 0 ? `and ${count(summary.moreEntries)} more exports` : ''}>
      <select
        value={state.entry.value}
        onChange={({ currentTarget }) => {
          state.entry.value = Number(currentTarget.value);
        }}
      >
        {(summary.isProgram || summary.entries.length === 0) && <option value={-1}>The program</option>}
        {summary.entries.map(({ index, name, params }) => (
          <option key={index} value={index}>
            {name.slice(0, 60)}({params.join(', ')})
          </option>
        ))}
      </select>
    </Field>
  );
}

function InputField() {
  const { stdin } = state;
  if (!state.file.value!.summary.isWasi) return null;
  return (
    <fieldset class="field">
      <legend>Standard input</legend>
      {state.isolated && (
        <div class="choice">
          <label>
            <input
              type="radio"
              name="stdin"
              checked={stdin.value === undefined}
              onChange={() => {
                stdin.value = undefined;
              }}
            />
            The terminal
          </label>
          <label>
            <input
              type="radio"
              name="stdin"
              checked={stdin.value !== undefined}
              onChange={() => {
                stdin.value = '';
              }}
            />
            A text
          </label>
        </div>
      )}
      {(stdin.value !== undefined || !state.isolated) && (
        <textarea
          class="mono"
          rows={3}
          aria-label="Text for standard input"
          value={stdin.value ?? ''}
          spellcheck={false}
          onInput={({ currentTarget }) => {
            stdin.value = currentTarget.value;
          }}
        />
      )}
    </fieldset>
  );
}

function FilesField() {
  if (!state.file.value!.summary.isWasi) return null;
  const { value: files } = state.inputFiles;
  return (
    <fieldset class="field files">
      <legend>Files, below /</legend>
      {files.length > 0 && (
        <ul>
          {files.map((file) => (
            <li key={file.name}>
              <code title={file.name}>{file.name}</code>
              <small>{bytes(file.bytes.length)}</small>
              <button
                type="button"
                class="quiet icon"
                aria-label={`Remove ${file.name}`}
                onClick={() => {
                  state.inputFiles.value = files.filter((one) => one !== file);
                }}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <label class="button small">
        Add files…
        <input
          type="file"
          multiple
          class="hidden-input"
          onChange={({ currentTarget }) => {
            void addInput([...(currentTarget.files ?? [])]);
            currentTarget.value = '';
          }}
        />
      </label>
    </fieldset>
  );
}

function Limits() {
  const shown = LIMIT_FIELDS.filter((name) => !FIELDS[name].rare);
  const rare = LIMIT_FIELDS.filter((name) => FIELDS[name].rare);
  return (
    <fieldset class="field limits">
      <legend>Limits</legend>
      {shown.map((name) => (
        <LimitInput key={name} name={name} />
      ))}
      <details>
        <summary>More limits</summary>
        {rare.map((name) => (
          <LimitInput key={name} name={name} />
        ))}
      </details>
    </fieldset>
  );
}
function LimitInput({ name }: { readonly name: LimitField }) {
  const { label, unit } = FIELDS[name];
  const value = state.limits[name];
  return (
    <label class="limit">
      <span>{label}</span>
      <input
        id={`limit-${name}`}
        type="text"
        inputMode="decimal"
        class="mono"
        value={value.value}
        placeholder="none"
        autocomplete="off"
        onInput={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      />
      <small>{unit}</small>
    </label>
  );
}

const MODES: Readonly<Record<ModeChoice, string>> = {
  auto: 'auto: the fastest that fits',
  host: 'host: the browser’s WebAssembly',
  jit: 'jit: JavaScript made of it',
  aot: 'aot: compiled ahead of time',
  interp: 'interp: an interpreter',
};

function Running() {
  return (
    <details class="more">
      <summary>Mode, environment, memory</summary>
      <Field label="Mode">
        <select
          value={state.mode.value}
          onChange={({ currentTarget }) => {
            state.mode.value = currentTarget.value as ModeChoice;
          }}
        >
          {MODE_CHOICES.filter((mode) => mode !== 'aot').map((mode) => (
            <option key={mode} value={mode}>
              {MODES[mode]}
            </option>
          ))}
        </select>
      </Field>
      <label class="check">
        <input
          type="checkbox"
          checked={state.records.value}
          onChange={({ currentTarget }) => {
            state.records.value = currentTarget.checked;
          }}
        />
        Record a profile (slower)
      </label>
      <label class="field">
        <span>Environment</span>
        <textarea
          class="mono"
          rows={2}
          placeholder="NAME=value"
          value={state.environment.value}
          spellcheck={false}
          onInput={({ currentTarget }) => {
            state.environment.value = currentTarget.value;
          }}
        />
      </label>
      <label class="limit">
        <span>EMS pool</span>
        <input
          id="pool"
          type="text"
          inputMode="decimal"
          class="mono"
          value={state.pool.value}
          placeholder="none"
          onInput={({ currentTarget }) => {
            state.pool.value = currentTarget.value;
          }}
        />
        <small>MiB</small>
      </label>
    </details>
  );
}
