#!/usr/bin/env bash
# Runs the end-to-end tests on the cluster in KUBECONFIG or, where that is not set, on one that the scripts in
# E2E_CLUSTER_SCRIPTS bring up on this machine, with a Docker of its own, and that is taken down again however this ends.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${KUBECONFIG:-}" ]; then exec make e2e; fi
scripts=${E2E_CLUSTER_SCRIPTS:-../shared/cluster}
if [ ! -d "$scripts" ]; then
	echo "error: no cluster for the end-to-end tests: set KUBECONFIG, or E2E_CLUSTER_SCRIPTS ($scripts is not there)" >&2
	exit 1
fi

down() {
	"$scripts/down.sh" || true
	docker rmi --force k8s-deployment-scaler:latest >/dev/null 2>&1 || true
	"$scripts/docker-down.sh" || true
}
trap down EXIT
trap 'exit 1' HUP INT TERM

# What the API server's tests have built already is not built again.
K8S_BIN=$(hack/test-env.sh)
export K8S_BIN
# Each prints what to export. An assignment fails where the script does, eval would not.
exports=$("$scripts/docker-up.sh")
eval "$exports"
exports=$("$scripts/up.sh")
eval "$exports"

# That Docker has no bridge.
make docker-build DOCKER_FLAGS=--network=host
"$scripts/load-image.sh" k8s-deployment-scaler:latest
make e2e
