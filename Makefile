SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# What npm left behind when it was last done.
INSTALLED := node_modules/.package-lock.json
# Tests run on the Node that the container image runs; npm scripts run the one in package.json.
NODE := 26.10.0
VITEST := npm exec --yes --package=node@$(NODE) -- node node_modules/vitest/vitest.mjs run
PROJECTS ?= unit service chart integration browser

# Image, kind cluster, release, namespace, Deployment and Service are all called so.
NAME := k8s-deployment-scaler
IMAGE := $(NAME):latest
VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# The node image that hack/setup.sh's version of kind was released with.
KIND_NODE := kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5
# deploy and port-forward go to the kind cluster, whatever kubectl's current context is.
CONTEXT ?= kind-$(NAME)
KUBECTL = kubectl --context $(CONTEXT)
HELM = helm --kube-context $(CONTEXT)

# Where hack/setup.sh puts what it installs.
export TOOLS_BIN ?= $(HOME)/.local/bin
export PATH := $(TOOLS_BIN):$(PATH)

# The prerequisites of all, kind-recreate and teardown are steps.
.NOTPARALLEL:

# Where this fails there is no cluster and no image that could be deleted.
docker_runs = docker version >/dev/null 2>&1

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-zA-Z0-9_-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(INSTALLED): package.json package-lock.json
	npm ci --no-audit --loglevel=error
	@touch $@

.PHONY: install
install: $(INSTALLED) ## Install the npm packages, a Node that is new enough among them

.PHONY: run
run: $(INSTALLED) ## Serve https://localhost:8443, from KUBECONFIG if set, else from a demo cluster
	@hack/generate-certs.sh --client viewer >/dev/null
	@npm run --silent demo

.PHONY: dev
dev: $(INSTALLED) ## Run the server from the environment and restart it when a source file changes
	npm run --silent dev

.PHONY: format
format: $(INSTALLED) ## Format the sources
	npm run --silent format

.PHONY: openapi
openapi: $(INSTALLED) ## Write openapi.yaml anew from the routes
	npm run --silent openapi

.PHONY: screenshot
screenshot: $(INSTALLED) ## Make the picture of Swagger UI in the README anew
	SCREENSHOT=docs/images/swagger-ui.png npm test -- --project browser

.PHONY: check
check: $(INSTALLED) ## Types, lint, format, the API document and unit tests, in under a minute
	npm run --silent typecheck
	npm run --silent lint
	hack/lint.sh
	npm run --silent lint:openapi
	$(VITEST) --project unit

.PHONY: test
test: $(INSTALLED) ## All tests but those of clients and e2e; first gets a kube-apiserver and a Chromium where there are none
	@hack/test-env.sh >/dev/null
	@hack/test-tools.sh >/dev/null
	$(VITEST) $(PROJECTS:%=--project %)

.PHONY: test-node-24
test-node-24: $(INSTALLED) ## Starts and serves on the other Node that is supported
	npm test -- --project service test/service/server.test.ts test/service/tls/mutual-tls.test.ts

.PHONY: clients
clients: $(INSTALLED) ## Generate, build and test the clients of examples/; needs Go, Python, a JDK and Maven
	$(VITEST) --project clients

.PHONY: chart-golden
chart-golden: $(INSTALLED) ## Write the chart's golden files anew, and what its README and schema take from elsewhere
	@hack/test-tools.sh >/dev/null
	CHART_GOLDEN=write npm test -- --project chart
	npm exec -- biome format --write charts

.PHONY: chaos
chaos: $(INSTALLED) ## A long walk of faults against the cache, of any seed; SEED=N replays one
	SEED=$${SEED:-random} CHAOS_FAULTS=$${CHAOS_FAULTS:-500} CHAOS_CHANGES=$${CHAOS_CHANGES:-5000} \
		$(VITEST) --project service test/soak/chaos

.PHONY: fuzz
fuzz: $(INSTALLED) ## 100,000 generated requests over all routes, of any seed; SEED=N replays them
	SEED=$${SEED:-random} FUZZ_RUNS=$${FUZZ_RUNS:-100000} $(VITEST) --project service test/soak/fuzz

.PHONY: attack
attack: $(INSTALLED) ## Attacks on the built service in the chart's memory limit, 15 minutes; needs ulimit -n above 15,000
	ATTACK_CONNECTIONS=$${ATTACK_CONNECTIONS:-10000} $(VITEST) --project service test/service/security
	npm test -- --project attack

.PHONY: soak
soak: chaos fuzz $(INSTALLED) ## What is long, random or measured by the clock: chaos, fuzz, properties of any seed, all attacks at once
	SEED=random FC_RUNS=$${FC_RUNS:-5000} $(VITEST) --project unit --testTimeout 600000
	ATTACK_SOAK_SECONDS=$${ATTACK_SOAK_SECONDS:-1200} npm test -- --project attack -t 'all at once'

.PHONY: setup
setup: ## Install what `make all` needs and is missing: Docker, kind, Helm, kubectl
	hack/setup.sh

.PHONY: all
all: docker-build generate-certs kind-recreate load-image deploy port-forward ## From nothing to the service in a new kind cluster, at https://localhost:8443

.PHONY: docker-build
docker-build: ## Build the image k8s-deployment-scaler:latest; DOCKER_FLAGS are passed on
	docker build --build-arg VERSION=$(VERSION) --tag $(IMAGE) $(DOCKER_FLAGS) .

.PHONY: generate-certs
generate-certs: ## Make certificates to try the service with, in ./certs
	hack/generate-certs.sh

.PHONY: kind-create
kind-create: ## Create the kind cluster, unless it is there
	kind get clusters 2>/dev/null | grep -qx $(NAME) || kind create cluster --name $(NAME) --image $(KIND_NODE) --wait 3m

.PHONY: kind-delete
kind-delete: ## Delete the kind cluster
	@if command -v kind >/dev/null && $(docker_runs); then kind delete cluster --name $(NAME); \
	else echo 'No kind, or no Docker that runs: there is no cluster to delete.'; fi

.PHONY: kind-recreate
kind-recreate: kind-delete kind-create ## Delete the kind cluster and create it again

.PHONY: load-image
load-image: ## Load the image into the kind cluster
	kind load docker-image $(IMAGE) --name $(NAME)

# The annotation makes new pods where the image or the CA is another one under the same name.
.PHONY: deploy
deploy: ## Install or upgrade the service, with the certificates in ./certs, and Deployments to try it on
	$(KUBECTL) create namespace $(NAME) --dry-run=client -o yaml | $(KUBECTL) apply -f -
	$(KUBECTL) create secret generic $(NAME)-tls --namespace $(NAME) --from-file=tls.crt=certs/server-cert.pem \
	  --from-file=tls.key=certs/server-key.pem --from-file=ca.crt=certs/ca-cert.pem --dry-run=client -o yaml | $(KUBECTL) apply -f -
	$(KUBECTL) apply -f hack/deploy/samples.yaml
	$(HELM) upgrade --install $(NAME) charts/$(NAME) --namespace $(NAME) --values hack/deploy/values.yaml --wait --timeout 3m \
	  --set-string podAnnotations.image-and-ca="$$({ docker image inspect --format '{{.Id}}' $(IMAGE); cat certs/ca-cert.pem; } | openssl dgst -sha256 -r | cut -c1-16)"

.PHONY: port-forward
port-forward: ## Serve https://localhost:8443 from the cluster until Ctrl-C
	@echo 'Paste in another terminal, in this folder; the README has more. Ctrl-C here ends it.'
	@echo "  curl --cacert certs/ca-cert.pem --cert certs/client-cert.pem --key certs/client-key.pem 'https://localhost:8443/deployments'"
	$(KUBECTL) port-forward --namespace $(NAME) service/$(NAME) 8443:https

.PHONY: e2e
e2e: $(INSTALLED) ## End-to-end tests on the cluster of KUBECONFIG, which has to hold the image E2E_IMAGE
	@[ -n "$${KUBECONFIG:-}" ] || { echo 'error: set KUBECONFIG to the cluster for the end-to-end tests' >&2; exit 1; }
	npm run --silent e2e

.PHONY: clean
clean: ## Remove ./certs and ./build
	rm -rf certs build

.PHONY: teardown
teardown: clean kind-delete ## Remove ./certs, ./build, the kind cluster and the image
	@if $(docker_runs) && [ -n "$$(docker images --quiet $(IMAGE))" ]; then docker rmi $(IMAGE); \
	else echo 'No image $(IMAGE), or no Docker that runs: there is no image to delete.'; fi
