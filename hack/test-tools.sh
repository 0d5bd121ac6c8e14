#!/usr/bin/env bash
# Prints the folder with helm and kubeconform for the tests of the chart, and fills it first if it does not exist: each of
# them from PATH if its version is sufficient, by download, or by a build from the Go module pinned in hack/test-env (helm
# takes 2 minutes on two cores, once).
set -euo pipefail
cd "$(dirname "$0")/test-env"
# shellcheck source-path=SCRIPTDIR source=test-env/common.sh
. ./common.sh

HELM_VERSION=4.3.1        # what helm/go.mod requires
KUBECONFORM_VERSION=0.8.0 # what kubeconform/go.mod requires
BINARIES=(helm kubeconform)

download_helm() { # download_helm FOLDER
	local archive=https://get.helm.sh/helm-v$HELM_VERSION-$os-$arch.tar.gz
	fetch "$1" "$archive" "$archive.sha256sum" || return 1
	tar -xzf "$1/archive.tar.gz" -C "$1" --strip-components=1 "$os-$arch/helm"
}

download_kubeconform() { # download_kubeconform FOLDER
	local base=https://github.com/yannh/kubeconform/releases/download/v$KUBECONFORM_VERSION
	fetch "$1" "$base/kubeconform-$os-$arch.tar.gz" "$base/CHECKSUMS" || return 1
	tar -xzf "$1/archive.tar.gz" -C "$1" kubeconform
}

fill() { # fill FOLDER
	if [[ $(helm version --short 2>/dev/null) == v4.* ]]; then
		ln -s "$(command -v helm)" "$1/helm"
	elif ! download_helm "$1"; then
		build_tool "$1" helm helm helm.sh/helm/v4/cmd/helm
	fi
	if command -v kubeconform >/dev/null; then
		ln -s "$(command -v kubeconform)" "$1/kubeconform"
	elif ! download_kubeconform "$1"; then
		build_tool "$1" kubeconform kubeconform github.com/yannh/kubeconform/cmd/kubeconform
	fi
	rm -f "$1/archive.tar.gz"
}

filled "$cache/tools-helm-$HELM_VERSION-kubeconform-$KUBECONFORM_VERSION-$os-$arch" fill
