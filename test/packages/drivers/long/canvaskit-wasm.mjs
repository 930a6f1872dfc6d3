// A picture that Skia draws: the package canvaskit-wasm.
import { createRequire } from 'node:module';

const initialize = createRequire(import.meta.url)('canvaskit-wasm');

export const answer = { inside: [255, 0, 0, 255], outside: [255, 255, 255, 255] };

export async function run() {
  const kit = await initialize();
  const surface = kit.MakeSurface(16, 16);
  const canvas = surface.getCanvas();
  canvas.clear(kit.WHITE);
  const paint = new kit.Paint();
  paint.setColor(kit.RED);
  canvas.drawRect(kit.LTRBRect(4, 4, 12, 12), paint);
  surface.flush();
  const pixels = canvas.readPixels(0, 0, {
    width: 16,
    height: 16,
    colorType: kit.ColorType.RGBA_8888,
    alphaType: kit.AlphaType.Unpremul,
    colorSpace: kit.ColorSpace.SRGB,
  });
  const at = (x, y) => [...pixels.slice((y * 16 + x) * 4, (y * 16 + x) * 4 + 4)];
  return { inside: at(8, 8), outside: at(1, 1) };
}
