#!/usr/bin/env bash
# Prints the folder with etcd, kube-apiserver, kubectl and kube-controller-manager for the integration tests, and fills it
# first if something is missing. It has the envtest layout of controller-runtime, and kube-controller-manager besides. The
# first of these that works is used:
#   1. $KUBEBUILDER_ASSETS, if it is set;
#   2. a folder of this version in the user's cache directory;
#   3. the release archive of envtest, if it can be downloaded;
#   4. a build from the Go modules pinned in hack/test-env (6 to 12 minutes on two cores, once).
# The archive has no kube-controller-manager. Where it alone is missing it alone is added: the release of the version of
# kube-apiserver, if it can be downloaded (there is none for macOS), otherwise a build.
set -euo pipefail
cd "$(dirname "$0")/test-env"
# shellcheck source-path=SCRIPTDIR source=test-env/common.sh
. ./common.sh

BUILD_VERSION=1.37.2   # what kubernetes/go.mod requires
ARCHIVE_VERSION=1.37.0 # envtest publishes the first patch release of each minor
ARCHIVED=(etcd kube-apiserver kubectl)
BINARIES=("${ARCHIVED[@]}" kube-controller-manager)
folder=$cache/envtest-$BUILD_VERSION-$os-$arch

keep() { # keep FOLDER: what the folder in the cache has, unless it lacks a binary that the archive contains
	local b
	complete "$folder" "${ARCHIVED[@]}" || return 1
	for b in "${ARCHIVED[@]}"; do ln "$folder/$b" "$1/$b"; done
}

download() { # download FOLDER: the envtest archive; fails quietly without a network
	local base=https://github.com/kubernetes-sigs/controller-tools/releases/download/envtest-v$ARCHIVE_VERSION
	local archive="$base/envtest-v$ARCHIVE_VERSION-$os-$arch.tar.gz"
	fetch "$1" "$archive" "$archive.sha512" || return 1
	tar -xzf "$1/archive.tar.gz" -C "$1" --strip-components=2
	rm "$1/archive.tar.gz"
	complete "$1" "${ARCHIVED[@]}" || return 1
	say "downloaded envtest $ARCHIVE_VERSION"
}

download_controller_manager() { # download_controller_manager FOLDER: in the version of FOLDER/kube-apiserver
	local version url
	version=$("$1/kube-apiserver" --version | awk '{ print $2 }') || return 1
	url=https://dl.k8s.io/release/$version/bin/$os/$arch/kube-controller-manager
	fetch "$1" "$url" "$url.sha256" || return 1
	mv "$1/archive.tar.gz" "$1/kube-controller-manager"
	chmod 755 "$1/kube-controller-manager"
	say "downloaded kube-controller-manager $version"
}

build_kubernetes() { # build_kubernetes FOLDER BINARY TIME
	local v=k8s.io/component-base/version minor
	minor=$(cut -d. -f2 <<<"$BUILD_VERSION")
	local ld="-s -w -X $v.gitVersion=v$BUILD_VERSION -X $v.gitMajor=1 -X $v.gitMinor=$minor"
	CGO_ENABLED=0 GOFLAGS=-buildvcs=false with_progress "building $2 $BUILD_VERSION from its Go module ($3 on two cores)" \
		thrice go -C kubernetes build -trimpath -ldflags "$ld" -o "$1/$2" "k8s.io/kubernetes/cmd/$2"
}

fill() { # fill FOLDER
	if ! keep "$1" && ! download "$1"; then
		need_go
		build_tool "$1" etcd etcd go.etcd.io/etcd/server/v3
		build_kubernetes "$1" kube-apiserver 'about 5 minutes'
		build_kubernetes "$1" kubectl 'about a minute'
	fi
	if ! download_controller_manager "$1"; then
		need_go
		build_kubernetes "$1" kube-controller-manager '1 to 3 minutes'
	fi
	rm -f "$1/archive.tar.gz"
}

need_go() {
	command -v go >/dev/null || die "no Kubernetes control plane for the tests: it cannot be downloaded and there is no Go to
build it. Install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with ${BINARIES[*]}."
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
	complete "$KUBEBUILDER_ASSETS" || die "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks one of: ${BINARIES[*]}"
	printf '%s\n' "$KUBEBUILDER_ASSETS"
	exit
fi
filled "$folder" fill
