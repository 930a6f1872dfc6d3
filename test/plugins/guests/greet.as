// A plugin in AssemblyScript: texts and buffers in and out. Compiled by scripts/build-assemblyscript.sh.
let calls = 0;

export function greet(name: string): string {
  return `Hello, ${name}!`;
}
export function reverse(bytes: ArrayBuffer): ArrayBuffer {
  const source = Uint8Array.wrap(bytes);
  const target = new Uint8Array(source.length);
  for (let i = 0; i < source.length; i++) target[i] = source[source.length - 1 - i];
  return target.buffer;
}
export function count(text: string): string {
  let vowels = 0;
  for (let i = 0; i < text.length; i++) if ("aeiouAEIOU".includes(text.charAt(i))) vowels++;
  return `{"vowels":${vowels},"calls":${++calls}}`;
}
// Garbage on the way: the input must stay.
export function churn(text: string): string {
  let other = "";
  for (let i = 0; i < 20000; i++) other = i.toString() + text;
  return text + other.length.toString();
}
export function version(): string {
  return "1.0";
}
export function nothing(text: string): string | null {
  return text.length > 1000000 ? text : null;
}
// Half of a character.
export function half(text: string): string {
  return String.fromCharCode(0xd800) + text;
}
class Other {
  value: i32 = 7;
}
export function object(text: string): Other {
  return new Other();
}
export function outside(text: string): usize {
  return 0xfffffff0;
}
export function repeat(text: string): string {
  return "x".repeat(<i32>parseInt(text));
}
export function fail(text: string): string {
  throw new Error(`no: ${text}`);
}
export function two(a: string, b: string): string {
  return a + b;
}
