#!/usr/bin/env bash
# Prints the folder that holds etcd, kube-apiserver and kubectl for the integration tests, and fills it first
# where something is missing. It is controller-runtime's envtest layout. In this order:
#   1. $KUBEBUILDER_ASSETS, where it is set;
#   2. a folder of this version in the user's cache directory;
#   3. the release archive of envtest, where it can be downloaded;
#   4. a build from the Go modules pinned in hack/test-env (5 to 10 minutes on two cores, once).
# Progress goes to stderr, so that the folder's name is all of stdout.
set -euo pipefail
cd "$(dirname "$0")/test-env"

BUILD_VERSION=1.37.2   # what kubernetes/go.mod requires
ARCHIVE_VERSION=1.37.0 # envtest publishes the first patch release of each minor
BINARIES=(etcd kube-apiserver kubectl)

say() { printf '%s\n' "$*" >&2; }
die() {
	say "error: $*"
	exit 1
}

complete() { # complete FOLDER: it holds every binary
	local b
	for b in "${BINARIES[@]}"; do [ -x "$1/$b" ] || return 1; done
}

# A line every 30 s, so that a long build does not look like a hang.
with_progress() { # with_progress TITLE COMMAND...
	local title=$1 pid started=$SECONDS
	shift
	say "$title ..."
	"$@" >&2 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		if [ $(((SECONDS - started) % 30)) = 29 ]; then say "  ... $((SECONDS - started)) s"; fi
	done
	wait "$pid"
}

download() { # download FOLDER: the envtest archive, verified; fails quietly where there is no way out
	local name="envtest-v$ARCHIVE_VERSION-$os-$arch.tar.gz" base sum
	base=https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-v$ARCHIVE_VERSION
	command -v curl >/dev/null || return 1
	curl -fsSL --connect-timeout 3 --max-time 600 -o "$1/$name" "$base/$name" 2>/dev/null || return 1
	curl -fsSL --connect-timeout 3 --max-time 30 -o "$1/$name.sha512" "$base/$name.sha512" 2>/dev/null || return 1
	read -r sum _ <"$1/$name.sha512"
	[ "$(openssl dgst -sha512 -r "$1/$name" | cut -d' ' -f1)" = "$sum" ] || {
		say "$name does not match its checksum: not used"
		return 1
	}
	tar -xzf "$1/$name" -C "$1" --strip-components=2
	rm "$1/$name" "$1/$name.sha512"
	complete "$1"
}

build() { # build FOLDER
	local v=k8s.io/component-base/version minor
	minor=$(cut -d. -f2 <<<"$BUILD_VERSION")
	local ld="-s -w -X $v.gitVersion=v$BUILD_VERSION -X $v.gitMajor=1 -X $v.gitMinor=$minor"
	export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
	with_progress "building etcd from its Go module" \
		go -C etcd build -trimpath -ldflags '-s -w' -o "$1/etcd" go.etcd.io/etcd/server/v3
	with_progress "building kube-apiserver $BUILD_VERSION from its Go module (about 5 minutes on two cores)" \
		go -C kubernetes build -trimpath -ldflags "$ld" -o "$1/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
	with_progress "building kubectl $BUILD_VERSION from its Go module" \
		go -C kubernetes build -trimpath -ldflags "$ld" -o "$1/kubectl" k8s.io/kubernetes/cmd/kubectl
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
	complete "$KUBEBUILDER_ASSETS" || die "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks one of: ${BINARIES[*]}"
	printf '%s\n' "$KUBEBUILDER_ASSETS"
	exit
fi

os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
cache=${XDG_CACHE_HOME:-$HOME/.cache}/k8s-deployment-scaler
folder=$cache/envtest-$BUILD_VERSION-$os-$arch

if ! complete "$folder"; then
	mkdir -p "$cache"
	# Filled apart and moved when whole: an interrupted or a second run never leaves half a folder.
	work=$(mktemp -d "$cache/envtest.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	if download "$work"; then
		say "downloaded envtest $ARCHIVE_VERSION"
	elif command -v go >/dev/null; then
		build "$work"
	else
		die "no Kubernetes API server for the tests: the envtest archive cannot be downloaded and there is no Go to
build it. Install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with ${BINARIES[*]}."
	fi
	complete "$work" || die "building the test binaries failed: see the messages above"
	chmod 755 "$work"
	rm -rf "$folder"
	mv "$work" "$folder"
	trap - EXIT
fi
printf '%s\n' "$folder"
