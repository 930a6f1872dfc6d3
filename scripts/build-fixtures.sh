#!/bin/sh
# Compiles the C fixtures to the .wasm files committed beside them: samples/, samples/threads/, test/wasi/c/, test/threads/c/,
# test/threads/lib-pthread/, test/plugins/guests/, test/observe/c/, bench/programs/ and serve/test/guests/.
# Those in folders of threads get POSIX threads from samples/threads/pthread, as the libc here has none.
# A file may add flags in a line "// flags: ...". The same compiler gives the same bytes (no paths, no dates in the output).
#
#   scripts/build-fixtures.sh            rebuild all, in place
#   scripts/build-fixtures.sh FILE.c...  rebuild these
#   scripts/build-fixtures.sh --check    build into a temporary directory and compare with what is committed
set -eu
cd "$(dirname "$0")/.."

CLANG=${CLANG:-clang-19}
SYSROOT_HEADER=/usr/include/wasm32-wasi/wasi/api.h

missing=''
command -v "$CLANG" >/dev/null 2>&1 || missing="$missing clang-19"
command -v wasm-ld-19 >/dev/null 2>&1 || missing="$missing lld-19"
[ -n "${WASI_SYSROOT:-}" ] || [ -f "$SYSROOT_HEADER" ] || missing="$missing wasi-libc libclang-rt-19-dev-wasm32"
if [ -n "$missing" ]; then
  echo "build-fixtures: missing:$missing" >&2
  echo "  On Debian: apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32" >&2
  echo "  Elsewhere: set CLANG, and WASI_SYSROOT to a wasi-sdk sysroot (the bytes will then differ)." >&2
  echo "  The .wasm files are committed: only changing a .c file needs the compiler." >&2
  exit 1
fi

check=no
if [ "${1:-}" = --check ]; then
  check=yes
  shift
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi
[ $# -gt 0 ] || set -- samples/*.c samples/threads/*.c test/wasi/c/*.c test/threads/c/*.c test/threads/lib-pthread/*.c test/plugins/guests/*.c test/observe/c/*.c bench/programs/*.c serve/test/guests/*.c

# The triple is wasm32-wasi: with wasm32-wasip1 Debian's clang finds the host's headers.
common="--target=wasm32-wasi -O2 -std=gnu11 -Wall -Wextra -Werror"
[ -z "${WASI_SYSROOT:-}" ] || common="$common --sysroot=$WASI_SYSROOT"

# The libc was compiled without atomics: pthread.c says which of its functions it wraps.
pthread=samples/threads/pthread
threads="-matomics -mbulk-memory -mexception-handling -I$pthread $pthread/pthread.c -Wl,--import-memory,--export-memory,--shared-memory"
threads="$threads,--max-memory=16777216,--no-check-features,--wrap=malloc,--wrap=free,--wrap=printf,--wrap=__funcs_on_exit,--wrap=__stdio_exit"

# Without a libc: the runtime has threads, printf and the heap.
lib_pthread="--target=wasm32 -ffreestanding -nostdlib -Wno-incompatible-library-redeclaration -matomics -mbulk-memory -Wl,--shared-memory,--max-memory=1048576,--no-entry"
lib_pthread="$lib_pthread,--export=main,--export=__heap_base,--export=__data_end,--allow-undefined,-z,stack-size=32768"

failed=0
for source in "$@"; do
  name=$(basename "$source" .c)
  debug=-Wl,--strip-debug
  own=$(sed -n 's|^// flags: ||p' "$source")
  case $source in
    samples/threads/* | test/threads/c/*) flags=$threads ;;
    test/threads/lib-pthread/*) flags=$lib_pthread ;;
    test/observe/c/*) flags="-fdebug-compilation-dir=. -ffile-prefix-map=$PWD/=" debug= ;;
    bench/programs/native.c) continue ;; # the main program of the native comparison
    bench/programs/wasi-*) flags="" ;; # commands, for bench/wasi.ts
    bench/programs/*) flags="-nostartfiles -Wl,--no-entry" ;;
    *) flags='' ;;
  esac
  target="$(dirname "$source")/$name.wasm"
  object=$target
  [ $check = no ] || object=$out/$name.wasm
  # shellcheck disable=SC2086 # the flags are words
  "$CLANG" $common $debug $flags $own "$source" -o "$object"
  chmod 644 "$object"
  if [ $check = yes ] && ! cmp -s "$object" "$target"; then
    echo "differs: $target" >&2
    failed=1
  fi
done
exit $failed
