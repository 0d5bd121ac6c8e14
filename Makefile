SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# What npm left behind when it was last done.
INSTALLED := node_modules/.package-lock.json
# The version that the container image runs; npm scripts run the one in package.json.
NODE_26 := 26.10.0

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-zA-Z0-9_-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(INSTALLED): package.json package-lock.json
	npm ci --no-audit --loglevel=error
	@touch $@

.PHONY: install
install: $(INSTALLED) ## Install the npm packages, a Node that is new enough among them

.PHONY: generate-certs
generate-certs: ## Make certificates to try the service with, in ./certs
	hack/generate-certs.sh

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

.PHONY: check
check: $(INSTALLED) ## Types, lint, format and unit tests
	npm run --silent typecheck
	npm run --silent lint
	npm test -- --project unit

.PHONY: test
test: $(INSTALLED) ## Unit, integration and browser tests; builds a real kube-apiserver first where none can be downloaded
	@hack/test-env.sh >/dev/null
	npm test -- --project unit --project integration --project browser

.PHONY: clients
clients: $(INSTALLED) ## Generate, build and test the clients of examples/; needs Go, Python, a JDK and Maven
	npm test -- --project clients

.PHONY: test-node-26
test-node-26: $(INSTALLED) ## The same tests on Node 26, which the image runs
	@hack/test-env.sh >/dev/null
	npm exec --yes --package=node@$(NODE_26) -- node node_modules/vitest/vitest.mjs run \
		--project unit --project integration --project browser

.PHONY: chaos
chaos: $(INSTALLED) ## A long random walk of faults against the cache; CHAOS_SEED=N replays one
	CHAOS_FAULTS=$${CHAOS_FAULTS:-500} CHAOS_CHANGES=$${CHAOS_CHANGES:-5000} npm test -- --project unit test/chaos

.PHONY: fuzz
fuzz: $(INSTALLED) ## 100,000 generated requests over all routes; FUZZ_SEED=N replays them
	FUZZ_RUNS=$${FUZZ_RUNS:-100000} npm test -- --project unit test/fuzz

.PHONY: attack
attack: $(INSTALLED) ## The attack tests with 10,000 idle connections; needs ulimit -n above 11,000
	ATTACK_CONNECTIONS=$${ATTACK_CONNECTIONS:-10000} npm test -- --project unit test/security

.PHONY: clean
clean: ## Remove ./certs and ./build
	rm -rf certs build
