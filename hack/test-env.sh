#!/usr/bin/env bash
# Prints the folder with etcd, kube-apiserver and kubectl for the integration tests, and fills it first if something is
# missing. It has the envtest layout of controller-runtime. The first of these that works is used:
#   1. $KUBEBUILDER_ASSETS, if it is set;
#   2. a folder of this version in the user's cache directory;
#   3. the release archive of envtest, if it can be downloaded;
#   4. a build from the Go modules pinned in hack/test-env (5 to 10 minutes on two cores, once).
set -euo pipefail
cd "$(dirname "$0")/test-env"
# shellcheck source-path=SCRIPTDIR source=test-env/common.sh
. ./common.sh

BUILD_VERSION=1.37.2   # what kubernetes/go.mod requires
ARCHIVE_VERSION=1.37.0 # envtest publishes the first patch release of each minor
BINARIES=(etcd kube-apiserver kubectl)

download() { # download FOLDER: the envtest archive; fails quietly without a network
	local base=https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-v$ARCHIVE_VERSION
	local archive="$base/envtest-v$ARCHIVE_VERSION-$os-$arch.tar.gz"
	fetch "$1" "$archive" "$archive.sha512" || return 1
	tar -xzf "$1/archive.tar.gz" -C "$1" --strip-components=2
	rm "$1/archive.tar.gz"
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

fill() { # fill FOLDER
	if download "$1"; then
		say "downloaded envtest $ARCHIVE_VERSION"
	elif command -v go >/dev/null; then
		build "$1"
	else
		die "no Kubernetes API server for the tests: the envtest archive cannot be downloaded and there is no Go to
build it. Install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with ${BINARIES[*]}."
	fi
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
	complete "$KUBEBUILDER_ASSETS" || die "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks one of: ${BINARIES[*]}"
	printf '%s\n' "$KUBEBUILDER_ASSETS"
	exit
fi
filled "$cache/envtest-$BUILD_VERSION-$os-$arch" fill
