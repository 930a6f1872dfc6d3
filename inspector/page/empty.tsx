// What a view shows while it has nothing: what will be there, and how it gets there. Refuses nothing.
import type { ComponentChildren } from 'preact';

export function Empty({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}
