# The commands of the project. `make help` lists them.

GO       ?= go
MODULES  := . router deploy
TESTS    := $(MODULES:%=test-of-%)
SCHEMAS  := $(wildcard schema/*.graphqls)
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
TESTFLAGS ?=

# Each module is built with the versions that its own go.mod names, as whoever depends on it would: what is tested is what is
# built, and nothing is compiled twice. go.work is for editors.
export GOWORK := off

.PHONY: help run build test test-clients generate linter lint bench bench-live clean check-generated check-modules

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' Makefile

run: build ## build, then run the portal with the examples on http://127.0.0.1:4000
	bin/portal serve --config examples/portal.yaml

build: ## build bin/portal and bin/router
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/portal ./cmd/portal
	cd router && $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o ../bin/router ./cmd/router

# The tests are built as each module is by itself. `make lint` vets: go test would vet what it depends on as well.
test: $(TESTS) ## run every test of all modules with the race detector

.PHONY: $(TESTS)
$(TESTS):
	@command -v redis-server >/dev/null || echo "redis-server is not installed: the tests use the in-process one instead"
	@echo "== $(@:test-of-%=%)"
	@cd $(@:test-of-%=%) && $(GO) test -race -vet=off $(TESTFLAGS) ./...

test-clients: ## run clients that others wrote (Node 20 or later) against the portal
	cd cmd/portal/e2e/testdata/clients && npm ci --no-fund --no-audit
	$(GO) test -count=1 -run '^TestClients$$' ./cmd/portal/e2e

generate: ## generate the subgraphs' GraphQL code and the composed schemas
	$(GO) run ./graph/cmd/generate
	cd router && $(GO) run ./cmd/router compose --config ../schema/supergraph.yaml --out ../schema/supergraph.graphql
	cd router && $(GO) run ./cmd/router compose --config ../schema/supergraph.yaml --api --out ../schema/api.graphql

linter: ## build bin/golangci-lint, of the version that deploy/go.mod names
	cd deploy && $(GO) build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

lint: linter ## check formatting and the rules of .golangci.yml in all modules
	@for module in $(MODULES); do \
		echo "== $$module"; (cd $$module && $(CURDIR)/bin/golangci-lint run --config $(CURDIR)/.golangci.yml ./...) || exit 1; \
	done

bench: build ## measure the portal and the router on this machine
	$(GO) run ./cmd/portal/bench
	$(GO) test -run '^$$' -bench Decide ./internal/authz
	$(GO) test -run '^$$' -bench ListUnderPolicies -benchtime 200x ./subgraphs/catalog/server
	cd router && $(GO) run ./bench && $(GO) run ./bench -role growth

bench-live: build ## measure live operations: memory, fan-out, what is lost while subgraphs and routers die, storms
	cd router && $(GO) run ./bench/live -router ../bin/router

check-generated: generate ## fail when `make generate` changes anything
	@git diff --exit-code --stat -- schema subgraphs || { echo "generated files are out of date: run make generate"; exit 1; }
	@test -z "$$(git status --porcelain -- schema subgraphs)" || { git status --short -- schema subgraphs; exit 1; }

check-modules: ## build every module by itself, without go.work
	@for module in $(MODULES); do (cd $$module && $(GO) build ./...) || exit 1; done

clean: ## remove what was built
	rm -rf bin
