// Implementation limits of the decoder and validator: a hostile module is bounded before anything of it runs.
// The numbers are those of the JavaScript embedding (js-api, section "Implementation-defined Limits") where it has one.

export const MAX_MODULE_BYTES = 1_073_741_824;
export const MAX_TYPES = 1_000_000;
export const MAX_REC_GROUP_TYPES = 1_000_000;
export const MAX_SUBTYPE_DEPTH = 63;
export const MAX_FUNCTIONS = 1_000_000;
export const MAX_IMPORTS = 1_000_000;
export const MAX_EXPORTS = 1_000_000;
export const MAX_GLOBALS = 1_000_000;
export const MAX_TAGS = 1_000_000;
export const MAX_DATA_SEGMENTS = 100_000;
export const MAX_ELEMENT_SEGMENTS = 100_000;
export const MAX_ELEMENT_SEGMENT_ITEMS = 10_000_000;
export const MAX_TABLES = 100_000;
export const MAX_MEMORIES = 100;
export const MAX_PARAMS = 1_000;
export const MAX_RESULTS = 1_000;
export const MAX_STRUCT_FIELDS = 10_000;
export const MAX_ARRAY_NEW_FIXED = 10_000;
export const MAX_FUNCTION_BYTES = 7_654_321;
export const MAX_LOCALS = 50_000;
export const MAX_BR_TABLE = 65_520;
export const MAX_NESTING = 100_000;
export const MAX_TABLE_ELEMENTS = 10_000_000;
/** Pages of 64 KiB a 32-bit memory can have. */
export const MAX_MEMORY32_PAGES = 65_536;
export const MAX_NAME_BYTES = 100_000;
/** What `limits.stackBytes` counts for each local and operand of a function that runs. */
export const FRAME_BYTES_PER_VALUE = 16;
/** The most values on the operand stack of one function: calls with a thousand results would otherwise be a memory bomb. */
export const MAX_OPERANDS = 1_000_000;
/**
 * The most operands that stay below blocks, plus those in long lists of types (of blocks, branches, calls), added up over a function, besides some
 * for each byte of it. Validators and compilers, of this runtime and of the JavaScript engine, visit each of them every time: 30,000 operands below
 * 30,000 blocks take V8 ten seconds. The largest functions that compilers make have two thousand.
 */
export const MAX_CARRIED = 1_000_000;
export const CARRIED_PER_BYTE = 4;
/** The canonical form of a recursion group is a text, which must stay below the longest string of the JavaScript engine. */
export const MAX_REC_GROUP_BYTES = 67_108_864;
