#!/usr/bin/env bash
# Builds the pages of web/ into dist/web, where what was built is older than what it is built from. Called by `npm run build`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

built=dist/web/index.html
if [[ ! -e $built || -n $(find web package-lock.json -newer "$built" -print -quit) ]]; then
  node_modules/.bin/vite build web --logLevel warn
fi
