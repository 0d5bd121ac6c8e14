#!/usr/bin/env bash
# Prints the folder with shellcheck and actionlint for hack/lint.sh, and fills it first if it is not complete. Each comes
# from PATH; otherwise shellcheck from the packages of Debian, for root, and actionlint from the Go module pinned in
# hack/lint. With --folder it only prints the folder.
set -euo pipefail
cd "$(dirname "$0")/lint"
# shellcheck source-path=SCRIPTDIR source=test-env/common.sh
. ../test-env/common.sh

ACTIONLINT=github.com/rhysd/actionlint
BINARIES=(shellcheck actionlint)

version=$(sed -n "s|^.*$ACTIONLINT v\([0-9.]*\).*|\1|p" go.mod)
folder=$cache/lint-tools-actionlint-$version-$os-$arch

install_shellcheck() {
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		die 'shellcheck is not in PATH: install it (https://www.shellcheck.net). For root on Debian this script does so.'
	fi
	say 'installing shellcheck with apt-get ...'
	# Mirrors fail now and then, and something else may be installing packages. The lists of an earlier update may do.
	apt-get -o Acquire::Retries=5 update -qq >&2 || true
	DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 \
		install -qq --yes --no-install-recommends shellcheck >/dev/null
}

fill() { # fill FOLDER
	command -v shellcheck >/dev/null || install_shellcheck
	ln -s "$(command -v shellcheck)" "$1/shellcheck"
	if command -v actionlint >/dev/null; then
		ln -s "$(command -v actionlint)" "$1/actionlint"
	else
		build_tool "$1" actionlint . "$ACTIONLINT/cmd/actionlint"
	fi
}

case ${1:-} in
--folder) printf '%s\n' "$folder" ;;
*) filled "$folder" fill ;;
esac
