#!/usr/bin/env bash
# Prints the folder with helm (Helm 4), helm3 and kubeconform for the tests of the chart, and fills it first if it does not
# exist: each of them from PATH (Helm in the same minor version), by download, or by a build from the Go module pinned in
# hack/test-env (each Helm takes 2 minutes on two cores, once).
set -euo pipefail
cd "$(dirname "$0")/test-env"
# shellcheck source-path=SCRIPTDIR source=test-env/common.sh
. ./common.sh

HELM_VERSION=4.3.1        # what helm/go.mod requires
HELM3_VERSION=3.22.0      # what helm3/go.mod requires
KUBECONFORM_VERSION=0.8.0 # what kubeconform/go.mod requires
BINARIES=(helm helm3 kubeconform)

download_helm() { # download_helm FOLDER BINARY VERSION
	local archive=https://get.helm.sh/helm-v$3-$os-$arch.tar.gz
	fetch "$1" "$archive" "$archive.sha256sum" || return 1
	tar -xzf "$1/archive.tar.gz" -O "$os-$arch/helm" >"$1/$2"
	chmod 755 "$1/$2"
}

provide_helm() { # provide_helm FOLDER BINARY VERSION
	local major=${3%%.*} minor=${3%.*}
	if [[ $(helm version --short 2>/dev/null) == v"$minor"* ]]; then
		ln -s "$(command -v helm)" "$1/$2"
	elif ! download_helm "$@"; then
		build_tool "$1" "$2" "$2" "helm.sh/helm/v$major/cmd/helm"
	fi
}

download_kubeconform() { # download_kubeconform FOLDER
	local base=https://github.com/yannh/kubeconform/releases/download/v$KUBECONFORM_VERSION
	fetch "$1" "$base/kubeconform-$os-$arch.tar.gz" "$base/CHECKSUMS" || return 1
	tar -xzf "$1/archive.tar.gz" -C "$1" kubeconform
}

fill() { # fill FOLDER
	provide_helm "$1" helm "$HELM_VERSION"
	provide_helm "$1" helm3 "$HELM3_VERSION"
	if command -v kubeconform >/dev/null; then
		ln -s "$(command -v kubeconform)" "$1/kubeconform"
	elif ! download_kubeconform "$1"; then
		build_tool "$1" kubeconform kubeconform github.com/yannh/kubeconform/cmd/kubeconform
	fi
	rm -f "$1/archive.tar.gz"
}

filled "$cache/tools-helm-$HELM_VERSION-$HELM3_VERSION-kubeconform-$KUBECONFORM_VERSION-$os-$arch" fill
