#!/usr/bin/env bash
# Brings a Debian machine that has Node and package registries to the point where `npm start` or `npm test` can run:
# npm packages, the build, and the few programs that come from apt. Safe to run at every start. It must never leave a
# service listening that was not there before, and never pretend that something it could not install is there.
#
#   bash ops/bootstrap.sh start|test
#
# exit 0  everything is there; lame and flac, which start can do without, may be missing, and a line says so
# exit 1  something is missing and cannot be installed from here; the message names the command that installs it
# exit 2  called wrongly
#
# REDIS_URL            start: that Redis is used, so redis-server is not needed here
# TWINREEL_POLICY_RC_D another path for Debian's policy-rc.d (for the test of this script)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly node_wanted=20.19
readonly mode=${1:-}

main() {
  case $mode in
    start) programs=() ; [[ -n ${REDIS_URL:-} ]] || programs+=(redis-server:redis-server) ;;
    test) programs=(redis-server:redis-server sipp:sip-tester tshark:tshark ffmpeg:ffmpeg sox:sox chromium:chromium openssl:openssl lame:lame flac:flac) ;;
    *) echo "bootstrap: mode '$mode' is not known; allowed: start, test" >&2; exit 2 ;;
  esac
  check_node
  install_programs
  if [[ $mode == start ]]; then
    (programs=(lame:lame flac:flac); install_programs) || {
      echo 'bootstrap: goes on. Without lame making audio for browsers takes about twice the processor;' >&2
      echo 'bootstrap: without flac nothing is exported as FLAC, but as WAV' >&2
    }
  fi
  install_npm_packages
  node_modules/.bin/tsc -b
  bash ops/build-native.sh
  bash ops/build-pages.sh
}

check_node() {
  local found
  if ! found=$(node --version 2>/dev/null); then
    fail "Node is missing; Twinreel needs Node $node_wanted or newer. See https://nodejs.org/en/download"
  fi
  found=${found#v}
  if [[ $(printf '%s\n%s\n' "$node_wanted" "$found" | sort -V | head -n 1) != "$node_wanted" ]]; then
    fail "Node $found is too old; Twinreel needs Node $node_wanted or newer. See https://nodejs.org/en/download"
  fi
}

# `programs` holds pairs, program:package. Only what is not on the PATH is installed.
install_programs() {
  local pair missing=() packages=()
  for pair in ${programs[@]+"${programs[@]}"}; do
    command -v "${pair%%:*}" >/dev/null && continue
    missing+=("${pair%%:*}")
    packages+=("${pair#*:}")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local by_hand="apt-get update && apt-get install -y --no-install-recommends ${packages[*]}"
  command -v apt-get >/dev/null || fail "missing: ${missing[*]}; this machine has no apt-get. On Debian, as root: $by_hand"
  if [[ $(id -u) -eq 0 ]]; then
    as_root=(env)
  elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n env)
  else
    fail "missing: ${missing[*]}; this user may not install packages. As root: $by_hand"
  fi

  echo "bootstrap: installing ${packages[*]} with apt"
  keep_services_stopped
  apt_get update
  apt_get install -y --no-install-recommends "${packages[@]}"
  let_services_start
  for pair in "${missing[@]}"; do
    command -v "$pair" >/dev/null || fail "'$pair' is still not on the PATH after installing ${packages[*]}"
  done
  # Debian enables a packaged Redis at boot. Twinreel starts its own, so the one this script brought stays off.
  if [[ " ${packages[*]} " == *' redis-server '* ]] && command -v systemctl >/dev/null; then
    "${as_root[@]}" systemctl --quiet disable redis-server.service 2>/dev/null || true
  fi
}

# Quiet when all is well; all of apt's words when it is not.
apt_get() {
  local words
  if ! words=$("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" 2>&1 </dev/null); then
    printf '%s\n' "$words" >&2
    fail "apt-get $* failed; its words are above"
  fi
}

# While packages are installed Debian asks policy-rc.d before it starts a service; 101 means "not now". A policy that
# the machine already had is put back, also when apt fails or somebody presses Ctrl-C; the marker tells our own file,
# which only a kill -9 can leave behind, from the machine's.
readonly policy_marker='# for the moment of an installation, by ops/bootstrap.sh of Twinreel'

keep_services_stopped() {
  policy=${TWINREEL_POLICY_RC_D:-/usr/sbin/policy-rc.d}
  trap let_services_start EXIT
  trap 'exit 130' INT TERM
  if [[ -e $policy ]] && ! grep -qF "$policy_marker" "$policy"; then
    "${as_root[@]}" mv -f "$policy" "$policy.before-twinreel"
  fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_marker" | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
}

let_services_start() {
  trap - EXIT INT TERM
  if [[ -e $policy.before-twinreel ]]; then
    "${as_root[@]}" mv -f "$policy.before-twinreel" "$policy"
  else
    "${as_root[@]}" rm -f "$policy"
  fi
}

# npm leaves the lock file it installed from in node_modules; an older one there means package-lock.json has moved on.
install_npm_packages() {
  if [[ -e node_modules/.package-lock.json && ! package-lock.json -nt node_modules/.package-lock.json ]]; then
    return 0
  fi
  echo 'bootstrap: installing npm packages (npm ci)'
  npm ci --include=dev --no-audit --no-fund --loglevel=error
}

fail() {
  echo "bootstrap: $*" >&2
  exit 1
}

main
