#!/usr/bin/env bash
# Prints the path of a Chromium or Chrome for the browser test. If there is none, it installs one with apt-get first.
# CHROMIUM may name another one.
set -euo pipefail

fail() {
	echo "$*" >&2
	exit 1
}

installed() {
	local name mac='/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
	if [ -n "${CHROMIUM:-}" ]; then
		command -v "$CHROMIUM" || fail "CHROMIUM does not name a program: $CHROMIUM"
		return
	fi
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		if command -v "$name"; then return; fi
	done
	if [ -x "$mac" ]; then echo "$mac"; else return 1; fi
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

if installed; then exit; fi
if command -v apt-get >/dev/null; then
	echo 'installing Chromium with apt-get ...' >&2
	{
		# Mirrors fail now and then, and something else may be installing packages.
		as_root apt-get -o Acquire::Retries=5 update -qq
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 \
			install -y -qq --no-install-recommends chromium
	} >&2 || true
	if installed; then exit; fi
fi
fail 'The browser test needs Chromium or Chrome: install one, or name one in CHROMIUM.'
