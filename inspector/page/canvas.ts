// What all drawings on a canvas need: as sharp as the screen, as wide as the place they stand in, and drawn again when that or the colours change. Refuses
// nothing.
import { useEffect } from 'preact/hooks';

/** Makes a canvas as wide as what it stands in. @returns its context, in pixels of the page, and its width */
export function fitted(canvas: HTMLCanvasElement, height: number): [context: CanvasRenderingContext2D, width: number] {
  const width = canvas.parentElement!.clientWidth;
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  return [context, width];
}

/** Draws now, and whenever the place or the colours change. @param inputs what the drawing shows */
export function useDrawing(
  canvas: { readonly current: HTMLCanvasElement | null },
  draw: (canvas: HTMLCanvasElement) => void,
  inputs: readonly unknown[],
): void {
  useEffect(() => {
    const element = canvas.current!;
    const again = (): void => draw(element);
    const observer = new ResizeObserver(again);
    observer.observe(element.parentElement!);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    again();
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', again);
    };
  }, inputs);
}
