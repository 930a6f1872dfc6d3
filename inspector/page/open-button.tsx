// The button that opens a module from the computer. Refuses nothing: what is no module is refused when it is read.
import { openFile } from './open-file.js';

export function OpenButton({ primary = false }: { readonly primary?: boolean }) {
  return (
    <label class={primary ? 'button primary' : 'button'}>
      <span>
        Open <span class="wide">a module…</span>
      </span>
      <input
        type="file"
        class="hidden-input"
        accept=".wasm,application/wasm"
        onChange={({ currentTarget }) => {
          const chosen = currentTarget.files?.[0];
          if (chosen) void openFile(chosen);
          currentTarget.value = '';
        }}
      />
    </label>
  );
}
