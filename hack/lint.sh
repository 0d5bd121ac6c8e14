#!/usr/bin/env bash
# Checks the shell scripts with shellcheck and the GitHub workflows with actionlint. Both come from PATH; where they are
# not there, actionlint comes from the Go module pinned in hack/lint and, for root on Debian, shellcheck from its packages.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
	printf 'error: %s\n' "$1" >&2
	exit 1
}

if ! command -v shellcheck >/dev/null; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then die 'install shellcheck: https://www.shellcheck.net'; fi
	apt-get -qq update
	DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends shellcheck >/dev/null
fi
actionlint=(actionlint)
if ! command -v actionlint >/dev/null; then
	command -v go >/dev/null || die 'install actionlint (https://github.com/rhysd/actionlint) or Go 1.26, which builds it'
	actionlint=(go -C hack/lint tool actionlint)
fi

find .ci hack -type f \( -name '*.sh' -o -path .ci/run \) -exec shellcheck --external-sources {} +
"${actionlint[@]}" -no-color "$PWD"/.github/workflows/*.yml
