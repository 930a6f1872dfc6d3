// The guest's files below /, as it left them: each can be saved, or all in an archive. Refuses nothing; symbolic links are not listed.
import { useMemo } from 'preact/hooks';
import type { InputFile } from '../messages.js';
import { Empty } from './empty.js';
import { bytes as bytesText, count } from './format.js';
import { archive, saveAs } from './saving.js';
import { lookAtFiles } from './session.js';
import * as state from './state.js';
import { VirtualList } from './virtual-list.js';

type Change = 'new' | 'changed' | 'as given';

export function FilesView() {
  const { value: files } = state.files;
  const given = state.inputFiles.value;
  const changes = useMemo(() => files?.map((one) => changeOf(one, given)) ?? [], [files, given]);
  if (!state.file.value?.summary.isWasi) {
    return <Empty title="No files">This module does not import WASI, so it reaches no files.</Empty>;
  }
  if (!files || files.length === 0) {
    return (
      <Empty title={files ? 'No files' : 'No files yet'}>
        What the program writes below / will be here, to be saved. It lies in the browser’s memory, and is gone with the
        next run.
      </Empty>
    );
  }
  const own = files.filter((_, i) => changes[i] !== 'as given');
  return (
    <div class="listing">
      <div class="tools">
        <p class="chosen" aria-live="polite">
          {count(files.length)} files, {count(own.length)} of them written by the guest
        </p>
        <span class="grow" />
        {state.runs.value && state.isolated && (
          <button type="button" class="small" onClick={lookAtFiles}>
            Look again
          </button>
        )}
        <button type="button" class="small" disabled={own.length === 0} onClick={() => saveAll('written', own)}>
          Save what it wrote
        </button>
        <button type="button" class="small" onClick={() => saveAll('files', files)}>
          Save all
        </button>
      </div>
      <div class="heads saved" aria-hidden="true">
        <span>File</span>
        <span>Size</span>
        <span>The guest’s</span>
        <span />
      </div>
      <VirtualList
        count={files.length}
        rowHeight={32}
        label="Files"
        row={(i) => <FileRow file={files[i]!} change={changes[i]!} />}
      />
    </div>
  );
}

function FileRow({ file, change }: { readonly file: InputFile; readonly change: Change }) {
  const { name, bytes } = file;
  return (
    <div class="saved">
      <code title={name}>{name}</code>
      <span class="number">{bytesText(bytes.length)}</span>
      <span>{change}</span>
      <button
        type="button"
        class="small"
        aria-label={`Save ${name}`}
        onClick={() => saveAs(name.slice(name.lastIndexOf('/') + 1), bytes)}
      >
        Save
      </button>
    </div>
  );
}

function saveAll(what: string, files: readonly InputFile[]): void {
  const folder = `${state.file.value!.name.replace(/\.wasm$/, '')}-${what}`;
  saveAs(`${folder}.zip`, archive(folder, files));
}

function changeOf({ name, bytes }: InputFile, given: readonly InputFile[]): Change {
  const before = given.find((one) => one.name === name)?.bytes;
  if (!before) return 'new';
  return before.length === bytes.length && before.every((byte, i) => byte === bytes[i]) ? 'as given' : 'changed';
}
