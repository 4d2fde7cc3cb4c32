#!/usr/bin/env bash
# Builds dist/native/batch-receiver.node, with which capture reads its sockets at a fraction of the cost. Nothing depends on it:
# where it cannot be built, capture reads with Node alone, and this script says why and ends well all the same.
#
#   bash ops/build-native.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly source=src/media/capture/batch-receiver.c
readonly part=src/media/capture/expected-sources.h
readonly target=dist/native/batch-receiver.node

main() {
  [[ $target -nt $source && $target -nt $part ]] && return 0
  [[ $(uname -s) == Linux ]] || { without 'this is not Linux'; return 0; }
  local compiler=${CC:-cc} headers
  command -v "$compiler" >/dev/null || { without "there is no C compiler ($compiler); on Debian: apt-get install gcc libc6-dev"; return 0; }
  headers=$(headers_of_node) || { without 'there are no headers of Node (node_api.h)'; return 0; }
  mkdir -p "$(dirname "$target")"
  if ! "$compiler" -O2 -Wall -Wextra -fPIC -shared -DNAPI_VERSION=8 "-I$headers" -o "$target.new" "$source"; then
    without 'it does not compile'
    return 0
  fi
  # In one step: a capture that starts meanwhile finds the old one or the new one.
  mv "$target.new" "$target"
}

headers_of_node() {
  local folder
  folder=$(node -p 'require("node:path").resolve(process.execPath, "../../include/node")')
  [[ -e $folder/node_api.h ]] && echo "$folder"
}

without() {
  echo "build-native: capture will read its sockets without its batch receiver: $1" >&2
}

main
