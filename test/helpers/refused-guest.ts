// A guest that a limit refuses something: growth of its memory or its table, or a file. It dies of that, or ends with an exit code.
import { assemble } from './wat.js';

/** Functions `memory`, `table` and `file` trap when they are refused; `main` ends with 1 when it may open no file; `trap` traps. */
export const REFUSED_GUEST = assemble(`(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table $table 1 funcref)
  (data (i32.const 64) "a.txt")
  (func $file (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 5) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
  (func (export "memory_grow") (if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable)))
  (func (export "table_grow") (if (i32.eq (table.grow $table (ref.null func) (i32.const 100)) (i32.const -1)) (then unreachable)))
  (func (export "file") (if (call $file) (then unreachable)))
  (func (export "both") (drop (memory.grow (i32.const 100))) (if (call $file) (then unreachable)))
  (func (export "ask") (drop (memory.grow (i32.const 100))) (drop (table.grow $table (ref.null func) (i32.const 100))) (drop (call $file)))
  (func (export "trap") unreachable)
  (func (export "_start") (if (call $file) (then (call $exit (i32.const 1))))))`);

/** Each allows what the guest begins with and no more. */
export const REFUSED_LIMITS = { memoryBytes: 1 << 20, tableElements: 50, openFiles: 4 };
const MEMORY = 'growth beyond limits.memoryBytes (1048576 bytes; --memory of enclasm run)';
const FILES = 'opening files beyond limits.openFiles (4 files; --open-files of enclasm run)';
/** What the errors say, by the function that dies. */
export const REFUSED_TEXTS = {
  memory_grow: `${MEMORY} was refused: raise it if the guest needs more`,
  table_grow:
    'growth beyond limits.tableElements (50 elements; --table-elements of enclasm run) was refused: raise it if the guest needs more',
  file: `${FILES} was refused: raise it if the guest needs more`,
  both: `${MEMORY} and ${FILES} were refused: raise them if the guest needs more`,
};
