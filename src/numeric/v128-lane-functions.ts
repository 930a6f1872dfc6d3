// What happens in one lane, where several lane types share it. Operands are numbers; the array that takes the result wraps or
// rounds it to the lane's type.

export type Unary = (a: number) => number;
export type Binary = (a: number, b: number) => number;

export const add: Binary = (a, b) => a + b;
export const sub: Binary = (a, b) => a - b;
export const mul: Binary = (a, b) => a * b;
export const neg: Unary = (a) => -a;

// Comparisons set all bits of the lane or none.
export const eq: Binary = (a, b) => (a === b ? -1 : 0);
export const ne: Binary = (a, b) => (a !== b ? -1 : 0);
export const lt: Binary = (a, b) => (a < b ? -1 : 0);
export const gt: Binary = (a, b) => (a > b ? -1 : 0);
export const le: Binary = (a, b) => (a <= b ? -1 : 0);
export const ge: Binary = (a, b) => (a >= b ? -1 : 0);

export const shl: Binary = (a, count) => a << count;
/** The shift is arithmetic on a signed lane and logical on an unsigned one. */
export const shr: Binary = (a, count) => a >> count;
export const avgr: Binary = (a, b) => (a + b + 1) >> 1;

const clamp = (a: number, least: number, greatest: number) => Math.max(least, Math.min(greatest, a));
export const clampI8: Unary = (a) => clamp(a, -128, 127);
export const clampU8: Unary = (a) => clamp(a, 0, 255);
export const clampI16: Unary = (a) => clamp(a, -32768, 32767);
export const clampU16: Unary = (a) => clamp(a, 0, 65535);
