// A program in Python: the package pyodide.
import { loadPyodide } from 'pyodide';

export const answer = { sum: 5050, text: 'a-b' };

export async function run() {
  const python = await loadPyodide();
  return { sum: python.runPython('sum(range(101))'), text: python.runPython("'-'.join(['a', 'b'])") };
}
