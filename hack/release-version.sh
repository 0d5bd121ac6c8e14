#!/usr/bin/env bash
# Compares the tag of a release with package.json and Chart.yaml: see --help. It uses only bash 3.2 and sed.
set -euo pipefail
cd "$(dirname "$0")/.."

CHART=charts/k8s-deployment-scaler/Chart.yaml

usage() {
	cat <<EOF
Usage: hack/release-version.sh TAG

Fails unless TAG is v<version>, where <version> is the version in package.json and the version and appVersion in
$CHART. Prints two lines for GITHUB_OUTPUT:

  version=1.2.3     the version, without the v of the tag
  kind=full         or kind=pre-release, if the version has a suffix such as -rc.1
EOF
}

die() { # die MESSAGE [STATUS]
	printf 'error: %s\n' "$1" >&2
	exit "${2:-1}"
}

chart_field() { # chart_field NAME: prints the field of Chart.yaml without quotes
	sed -n "s/^$1: *\"\{0,1\}\([^\" ]*\)\"\{0,1\} *\$/\1/p" "$CHART"
}

case ${1:-} in
-h | --help)
	usage
	exit
	;;
esac
[ $# = 1 ] || die 'name one tag (see --help)' 2

# Build metadata (1.2.3+4) cannot be part of an image tag.
number='(0|[1-9][0-9]*)'
pattern="^v$number\.$number\.$number(-[0-9A-Za-z.-]+)?\$"
[[ $1 =~ $pattern ]] || die "the tag $1 is not v<major>.<minor>.<patch>[-<pre-release>]"
version=${1#v}

faults=
compare() { # compare WHAT FOUND
	if [ "$2" != "$version" ]; then faults="$faults"$'\n'"  $1 is \"$2\""; fi
}
compare 'version in package.json' "$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)"
compare "version in $CHART" "$(chart_field version)"
compare "appVersion in $CHART" "$(chart_field appVersion)"
[ -z "$faults" ] || die "the tag $1 does not match:$faults"

case $version in
*-*) kind=pre-release ;;
*) kind=full ;;
esac
printf 'version=%s\nkind=%s\n' "$version" "$kind"
