#!/bin/sh
# Compiles the AssemblyScript fixtures, *.as, to the .wasm files committed beside them. The compiler is large and used for nothing else: npx fetches it.
# It takes files named .ts alone, which ours are not: they are no TypeScript.
#
#   scripts/build-assemblyscript.sh [FILE.as...]
#   ASC=/path/to/asc scripts/build-assemblyscript.sh    with a compiler that is there
set -eu
cd "$(dirname "$0")/.."

copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT
[ $# -gt 0 ] || set -- test/plugins/guests/*.as
for source in "$@"; do
  name=$(basename "$source" .as)
  target="$(dirname "$source")/$name-as.wasm"
  cp "$source" "$copies/$name.ts"
  # shellcheck disable=SC2086 # the command is words
  ${ASC:-npx --yes --package assemblyscript@0.28.20 asc} "$name.ts" --baseDir "$copies" --exportRuntime --optimize --outFile module.wasm
  cp "$copies/module.wasm" "$target"
  chmod 644 "$target"
done
