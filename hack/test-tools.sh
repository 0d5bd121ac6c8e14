#!/usr/bin/env bash
# Prints the folders with the tools for the tests of the chart and of the metrics, one a line, and fills each first if it
# does not exist: that of helm (Helm 4), helm3 and kubeconform, and that of prometheus and promtool. With the name of one of
# these sets, `helm` or `prometheus`, it does so for this one alone. Each tool comes from PATH (Helm and Prometheus in the
# same minor version), by download, or by a build from the Go module pinned in hack/test-env (each Helm takes 2 minutes on
# two cores, Prometheus and promtool together 4, once).
set -euo pipefail
cd "$(dirname "$0")/test-env"
# shellcheck source-path=SCRIPTDIR source=test-env/common.sh
. ./common.sh

HELM_VERSION=4.3.1        # what helm/go.mod requires
HELM3_VERSION=3.22.0      # what helm3/go.mod requires
KUBECONFORM_VERSION=0.8.0 # what kubeconform/go.mod requires
PROMETHEUS_VERSION=3.16.0 # what prometheus/go.mod requires, where it is called v0.316.0

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

fill_helm() { # fill_helm FOLDER
	provide_helm "$1" helm "$HELM_VERSION"
	provide_helm "$1" helm3 "$HELM3_VERSION"
	if command -v kubeconform >/dev/null; then
		ln -s "$(command -v kubeconform)" "$1/kubeconform"
	elif ! download_kubeconform "$1"; then
		build_tool "$1" kubeconform kubeconform github.com/yannh/kubeconform/cmd/kubeconform
	fi
	rm -f "$1/archive.tar.gz"
}

download_prometheus() { # download_prometheus FOLDER
	local base=https://github.com/prometheus/prometheus/releases/download/v$PROMETHEUS_VERSION
	fetch "$1" "$base/prometheus-$PROMETHEUS_VERSION.$os-$arch.tar.gz" "$base/sha256sums.txt" || return 1
	tar -xzf "$1/archive.tar.gz" -C "$1" --strip-components=1 \
		"prometheus-$PROMETHEUS_VERSION.$os-$arch/"{prometheus,promtool}
	rm "$1/archive.tar.gz"
}

in_path() { # in_path: whether PATH has prometheus and promtool in this minor version
	local tool
	for tool in prometheus promtool; do
		[[ $("$tool" --version 2>/dev/null) == *"version ${PROMETHEUS_VERSION%.*}."* ]] || return 1
	done
}

# The tag leaves out the clients of the clouds in which Prometheus can look for targets, a third of the build.
fill_prometheus() { # fill_prometheus FOLDER
	local tool
	if in_path; then
		for tool in prometheus promtool; do ln -s "$(command -v "$tool")" "$1/$tool"; done
	elif ! download_prometheus "$1"; then
		for tool in prometheus promtool; do
			build_tool "$1" "$tool" prometheus "github.com/prometheus/prometheus/cmd/$tool" -tags remove_all_sd
		done
	fi
}

provide() { # provide SET: prints the folder of this set of tools
	case $1 in
	helm)
		BINARIES=(helm helm3 kubeconform)
		filled "$cache/tools-helm-$HELM_VERSION-$HELM3_VERSION-kubeconform-$KUBECONFORM_VERSION-$os-$arch" fill_helm
		;;
	prometheus)
		BINARIES=(prometheus promtool)
		filled "$cache/tools-prometheus-$PROMETHEUS_VERSION-$os-$arch" fill_prometheus
		;;
	*) die "no such set of tools: $1. There are: helm, prometheus" ;;
	esac
}

if [ $# = 0 ]; then set -- helm prometheus; fi
for set in "$@"; do provide "$set"; done
