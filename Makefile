SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# npm writes this file at the end of an installation.
INSTALLED := node_modules/.package-lock.json
# Tests run on the Node that the container image runs; npm scripts run the one in package.json.
NODE := 26.10.0
VITEST := npm exec --yes --package=node@$(NODE) -- node node_modules/vitest/vitest.mjs run
PROJECTS ?= unit service chart integration browser

# The name of the image, the kind cluster, the release, the namespace, the Deployment and the Service.
NAME := k8s-deployment-scaler
IMAGE := $(NAME):latest
VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# The node image that was released with the version of kind in hack/setup.sh.
KIND_NODE := kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5
# deploy and port-forward use the kind cluster, whatever the current context of kubectl is.
CONTEXT ?= kind-$(NAME)
KUBECTL = kubectl --context $(CONTEXT)
HELM = helm --kube-context $(CONTEXT)

# The folder in which hack/setup.sh installs programs.
export TOOLS_BIN ?= $(HOME)/.local/bin
export PATH := $(TOOLS_BIN):$(PATH)

# The prerequisites of all, kind-recreate and teardown must run in their order.
.NOTPARALLEL:

# If this fails there can be no cluster or image to delete.
docker_runs = docker version >/dev/null 2>&1

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-zA-Z0-9_-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(INSTALLED): package.json package-lock.json
	npm ci --no-audit --loglevel=error
	@touch $@

.PHONY: install
install: $(INSTALLED) ## Install the npm packages, including a Node that is new enough

.PHONY: run
run: $(INSTALLED) ## Serve https://localhost:8443, from KUBECONFIG if it is set, otherwise from a demo cluster
	@hack/generate-certs.sh --client viewer >/dev/null
	@npm run --silent demo

.PHONY: dev
dev: $(INSTALLED) ## Run the server from the environment and restart it when a source file changes
	npm run --silent dev

.PHONY: check-config
check-config: $(INSTALLED) ## Check the configuration in the environment: files, certificates, clusters, and the rights in each
	@npm start --silent -- --check-config

.PHONY: format
format: $(INSTALLED) ## Format the sources
	npm run --silent format

.PHONY: openapi
openapi: $(INSTALLED) ## Generate openapi.yaml from the routes
	npm run --silent openapi

.PHONY: docs
docs: $(INSTALLED) ## Generate the pages of docs/reference that come from the sources
	npm run --silent docs

.PHONY: screenshot
screenshot: $(INSTALLED) ## Regenerate the pictures of the page and of Swagger UI in docs
	SCREENSHOT=docs/images/swagger-ui.png SCREENSHOTS=docs/images npm test -- --project browser

.PHONY: dashboard-picture
dashboard-picture: $(INSTALLED) ## Draw docs/images/dashboard.svg from a Prometheus that scrapes the demo for MINUTES=10
	@hack/generate-certs.sh --client viewer >/dev/null
	@hack/test-tools.sh prometheus >/dev/null
	npm exec -- node --disable-warning=ExperimentalWarning hack/dashboard/main.ts

.PHONY: check
check: $(INSTALLED) ## Check types, lint, format and the API document, and run the unit tests, in under a minute
	@hack/lint-tools.sh >/dev/null
	npm run --silent typecheck
	npm run --silent lint
	hack/lint.sh
	npm run --silent lint:openapi
	$(VITEST) --project unit

.PHONY: test
test: $(INSTALLED) ## Run all tests except those of clients, clients-more and e2e; gets a Kubernetes control plane and a Chromium first if they are missing
	@hack/test-env.sh >/dev/null
	@hack/test-tools.sh >/dev/null
	$(VITEST) $(PROJECTS:%=--project %)

.PHONY: test-node-24
test-node-24: $(INSTALLED) ## Test that the service starts and serves on the other supported Node
	npm test -- --project service test/service/server.test.ts test/service/tls/mutual-tls.test.ts

.PHONY: clients
clients: $(INSTALLED) ## Generate, build and test the clients of examples/; needs Go, Python, a JDK and Maven
	$(VITEST) --project clients

.PHONY: clients-more
clients-more: $(INSTALLED) ## Generate, build and test clients by ogen and in Rust, and generate C#; needs Go, Rust, a JDK and Maven
	$(VITEST) --project clients-more

.PHONY: chart-golden
chart-golden: $(INSTALLED) ## Regenerate the golden files of the chart and the generated parts of its README and schema
	@hack/test-tools.sh >/dev/null
	CHART_GOLDEN=write npm test -- --project chart
	npm exec -- biome format --write charts

.PHONY: chaos
chaos: $(INSTALLED) ## Run a long random sequence of faults against the cache; SEED=N replays one
	SEED=$${SEED:-random} CHAOS_FAULTS=$${CHAOS_FAULTS:-500} CHAOS_CHANGES=$${CHAOS_CHANGES:-5000} \
		$(VITEST) --project service test/soak/chaos

.PHONY: fuzz
fuzz: $(INSTALLED) ## Send 100,000 random requests to all routes; SEED=N replays them
	SEED=$${SEED:-random} FUZZ_RUNS=$${FUZZ_RUNS:-100000} $(VITEST) --project service test/soak/fuzz

.PHONY: attack
attack: $(INSTALLED) ## Attack the built service under the memory limit of the chart, 20 minutes; needs ulimit -n above 15,000
	ATTACK_CONNECTIONS=$${ATTACK_CONNECTIONS:-10000} $(VITEST) --project service test/service/security
	npm test -- --project attack

.PHONY: soak
soak: $(INSTALLED) ## Let the built service work through faults for SOAK_MINUTES (20), and report in build/soak.md; the less else runs, the more it shows
	SEED=$${SEED:-random} $(VITEST) --project soak

.PHONY: soak-report
soak-report: $(INSTALLED) ## Write the report of the last soak into docs/reliability.md
	npm run --silent soak-report

.PHONY: soak-random
soak-random: chaos fuzz $(INSTALLED) ## Run the long, random and timed tests: chaos, fuzz, properties with random seeds, restarts, 20 minutes of all attacks
	SEED=random FC_RUNS=$${FC_RUNS:-5000} $(VITEST) --project unit --testTimeout 600000
	STREAM_READERS=$${STREAM_READERS:-1000} $(VITEST) --project service test/service/events/readers.test.ts
	RECOVERY_MS=5000 $(VITEST) --project integration test/integration/api-server-restarts.test.ts
	ATTACK_SOAK_SECONDS=$${ATTACK_SOAK_SECONDS:-1200} npm test -- --project attack -t 'all at once'

.PHONY: bench
bench: $(INSTALLED) ## Measure the service as the image runs it beside bare node:https and nginx; ONLY=count ROUNDS=5 for a part
	npm run --silent bench

.PHONY: setup
setup: ## Install what `make all` needs if it is missing: Docker, kind, Helm, kubectl
	hack/setup.sh

.PHONY: all
all: docker-build generate-certs kind-recreate load-image deploy port-forward ## Build everything and serve https://localhost:8443 from a new kind cluster

.PHONY: docker-build
docker-build: ## Build the image k8s-deployment-scaler:latest; DOCKER_FLAGS are passed on
	docker build --build-arg VERSION=$(VERSION) --tag $(IMAGE) $(DOCKER_FLAGS) .

.PHONY: generate-certs
generate-certs: ## Make certificates for trying the service, in ./certs
	hack/generate-certs.sh

.PHONY: kind-create
kind-create: ## Create the kind cluster, unless it exists
	kind get clusters 2>/dev/null | grep -qx $(NAME) || kind create cluster --name $(NAME) --image $(KIND_NODE) --wait 3m

.PHONY: kind-delete
kind-delete: ## Delete the kind cluster
	@if command -v kind >/dev/null && $(docker_runs); then kind delete cluster --name $(NAME); \
	else echo 'kind is missing or Docker does not run: there is no cluster to delete.'; fi

.PHONY: kind-recreate
kind-recreate: kind-delete kind-create ## Delete the kind cluster and create it again

.PHONY: load-image
load-image: ## Load the image into the kind cluster
	kind load docker-image $(IMAGE) --name $(NAME)

# A CRL of hack/crl.sh goes with the certificates: without it, revoked clients would come in again.
CRL = $(wildcard certs/crl.pem)

# The annotation replaces the pods if the image or the CA has changed under the same name.
.PHONY: deploy
deploy: ## Install or upgrade the service with the certificates in ./certs, and Deployments for trying it
	$(KUBECTL) create namespace $(NAME) --dry-run=client -o yaml | $(KUBECTL) apply -f -
	$(KUBECTL) create secret generic $(NAME)-tls --namespace $(NAME) --from-file=tls.crt=certs/server-cert.pem \
	  --from-file=tls.key=certs/server-key.pem --from-file=ca.crt=certs/ca-cert.pem \
	  $(CRL:%=--from-file=crl.pem=%) --dry-run=client -o yaml | $(KUBECTL) apply -f -
	$(KUBECTL) apply -f hack/deploy/samples.yaml
	$(HELM) upgrade --install $(NAME) charts/$(NAME) --namespace $(NAME) --values hack/deploy/values.yaml --wait --timeout 3m \
	  $(CRL:%=--set tls.crl=true) \
	  --set-string podAnnotations.image-and-ca="$$({ docker image inspect --format '{{.Id}}' $(IMAGE); cat certs/ca-cert.pem; } | openssl dgst -sha256 -r | cut -c1-16)"

.PHONY: port-forward
port-forward: ## Serve https://localhost:8443 from the cluster until Ctrl-C
	@echo 'Paste this into another terminal, in this folder; the README has more examples. Ctrl-C here stops it.'
	@echo "  curl --cacert certs/ca-cert.pem --cert certs/client-cert.pem --key certs/client-key.pem 'https://localhost:8443/deployments'"
	$(KUBECTL) port-forward --namespace $(NAME) service/$(NAME) 8443:https

.PHONY: e2e
e2e: $(INSTALLED) ## Run the end-to-end tests on the cluster of KUBECONFIG, which must have the image E2E_IMAGE
	@[ -n "$${KUBECONFIG:-}" ] || { echo 'error: set KUBECONFIG to the cluster for the end-to-end tests' >&2; exit 1; }
	npm run --silent e2e

.PHONY: clean
clean: ## Remove ./certs and ./build
	rm -rf certs build

.PHONY: teardown
teardown: clean kind-delete ## Remove ./certs, ./build, the kind cluster and the image
	@if $(docker_runs) && [ -n "$$(docker images --quiet $(IMAGE))" ]; then docker rmi $(IMAGE); \
	else echo 'The image $(IMAGE) does not exist or Docker does not run: there is no image to delete.'; fi
