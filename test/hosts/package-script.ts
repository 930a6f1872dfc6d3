// Packages from npm as one script, for hosts that a test gives nothing but a script. It defines `runPackages`, whose promise is undefined where each
// answer is right, else a text. Refuses nothing: what the packages want of a host beside WebAssembly, language-globals.ts brings along.
import { projectRoot } from '../helpers/wat.js';
import { smallDrivers } from './small-drivers.js';

/** What esbuild makes the script of. */
export function packageSource(): { readonly contents: string; readonly resolveDir: string } {
  const drivers = smallDrivers();
  const contents = `
    import { difference } from './build/test/hosts/asked-host.js';
    import { defineLanguageGlobals } from './build/test/hosts/language-globals.js';
    defineLanguageGlobals();
    // Packages look for globals when they are loaded: not before.
    const drivers = { ${drivers.map((path) => `${JSON.stringify(path)}: require(${JSON.stringify(path)})`).join(', ')} };
    globalThis.runPackages = async () => {
      for (const path of Object.keys(drivers)) {
        const wrong = difference(await drivers[path].run(), drivers[path].answer);
        if (wrong !== undefined) return path + ': ' + wrong;
      }
      return undefined;
    };`;
  return { contents, resolveDir: projectRoot() };
}
