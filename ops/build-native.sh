#!/usr/bin/env bash
# Builds what reads sockets and seals blocks at a fraction of Node's cost: dist/native/batch-receiver.node and sealing.node for
# capture, dist/native/datagrams.node for edge. Nothing depends on them: where they cannot be built, Node does all of it, and this
# script says why and ends well all the same.
#
#   bash ops/build-native.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

main() {
  build dist/native/batch-receiver.node src/media/capture/batch-receiver.c src/media/capture/{expected-sources,media-sockets,ordered-runs}.h
  build dist/native/datagrams.node src/sip/edge/datagrams.c
  build dist/native/sealing.node src/journal/sealing.c
}

# The target, its source, and what that includes.
build() {
  local target=$1 source=$2 compiler=${CC:-cc} headers part isNew=
  for part in "${@:2}"; do [[ $target -nt $part ]] || isNew=yes; done
  [[ $isNew ]] || return 0
  [[ $(uname -s) == Linux ]] || { without "$target" 'this is not Linux'; return 0; }
  command -v "$compiler" >/dev/null || {
    without "$target" "there is no C compiler ($compiler); on Debian: apt-get install gcc libc6-dev"
    return 0
  }
  headers=$(headers_of_node) || { without "$target" 'there are no headers of Node (node_api.h)'; return 0; }
  mkdir -p "${target%/*}"
  if ! "$compiler" -O2 -Wall -Wextra -fPIC -shared -Wl,-z,now -DNAPI_VERSION=8 "-I$headers" -o "$target.new" "$source"; then
    without "$target" 'it does not compile'
    return 0
  fi
  # In one step: a process that starts meanwhile finds the old one or the new one.
  mv "$target.new" "$target"
}

headers_of_node() {
  local folder
  folder=$(node -p 'require("node:path").resolve(process.execPath, "../../include/node")')
  [[ -e $folder/node_api.h ]] && echo "$folder"
}

without() {
  echo "build-native: no ${1##*/}, Node does without: $2" >&2
}

main
