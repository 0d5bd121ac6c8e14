#!/usr/bin/env bash
# Checks the shell scripts with shellcheck and the GitHub workflows with actionlint. It takes both from PATH or from the
# folder that hack/lint-tools.sh fills, and installs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

PATH=$PATH:$(hack/lint-tools.sh --folder)

missing=
for tool in shellcheck actionlint; do
	command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	cat >&2 <<EOF
error: missing:$missing
  hack/lint-tools.sh provides what is missing, and make check runs it first. By hand:
  shellcheck: https://www.shellcheck.net, or the package shellcheck of Debian, Fedora or Homebrew
  actionlint: https://github.com/rhysd/actionlint, or the package actionlint of Homebrew
EOF
	exit 1
fi

find .ci hack -type f \( -name '*.sh' -o -path .ci/run \) -exec shellcheck --external-sources {} +
actionlint -no-color .github/workflows/*.yml
