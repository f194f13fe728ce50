.DEFAULT_GOAL := help
SHELL := /bin/bash

# Without gin's MessagePack encoders, which are not used: they took a tenth of a first build.
export GOFLAGS := $(strip $(shell go env GOFLAGS) -tags=nomsgpack)

# The Temporal server of all targets. Absolute: tests run in their packages' folders.
named_server := $(YEYAK_TEMPORAL_SERVER)
YEYAK_TEMPORAL_SERVER ?= $(CURDIR)/bin/temporal-server
override YEYAK_TEMPORAL_SERVER := $(if $(findstring /,$(YEYAK_TEMPORAL_SERVER)),$(abspath $(YEYAK_TEMPORAL_SERVER)),$(YEYAK_TEMPORAL_SERVER))
export YEYAK_TEMPORAL_SERVER

# It has to be built before any target that uses it.
temporal_server := $(if $(filter $(CURDIR)/bin/temporal-server,$(YEYAK_TEMPORAL_SERVER)),bin/temporal-server)

# Temporal's CLI, for operators and for the tests of their recipes: the one on PATH, unless it
# is older than the version that the recipes were tested with; otherwise one that is built.
CLI_VERSION := 1.5.1
path_version := $(shell temporal --version 2>/dev/null | sed -n 's/^temporal version \([0-9.]*\).*/\1/p')
path_cli := $(if $(path_version),$(if $(filter $(CLI_VERSION),$(shell printf '%s\n' $(CLI_VERSION) $(path_version) | sort -V | head -1)),$(shell command -v temporal)))
YEYAK_TEMPORAL_CLI ?= $(or $(path_cli),$(CURDIR)/bin/temporal)
override YEYAK_TEMPORAL_CLI := $(if $(findstring /,$(YEYAK_TEMPORAL_CLI)),$(abspath $(YEYAK_TEMPORAL_CLI)),$(YEYAK_TEMPORAL_CLI))
export YEYAK_TEMPORAL_CLI
temporal_cli := $(if $(filter $(CURDIR)/bin/temporal,$(YEYAK_TEMPORAL_CLI)),bin/temporal)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# `yeyak dev` chooses the Temporal server. Ours is built if there is no other; its modules are
# then downloaded while yeyak is compiled.
.PHONY: run
run: export YEYAK_TEMPORAL_SERVER := $(named_server)
run: ## Run everything on this machine; Ctrl-C stops it, the data stays in .yeyak
	@test "$$YEYAK_TEMPORAL_SERVER$$TEMPORAL_ADDRESS" || test -x bin/temporal-server || command -v temporal >/dev/null || \
		go mod download -C tools/temporal & $(MAKE) --no-print-directory bin/yeyak && wait
	@$(MAKE) --no-print-directory --question bin/temporal-server || test "$$(go run ./cmd/engine)" || $(MAKE) --no-print-directory bin/temporal-server
	@exec bin/yeyak dev

.PHONY: build
build: bin/yeyak ## Build bin/yeyak

# The end to end tests wait more than they compute, so many of them run at once, and the other
# tests beside them. The tests of a whole cluster need answers in time, so they run alone, in two
# processes: operators' recipes mostly wait. The garbage collectors of tests, compilers and
# Temporal's servers do less in more memory.
.PHONY: test
test: export GOGC ?= 400
test: $(temporal_cli) $(temporal_server) bin/workflowcheck bin/stripe-mock bin/alertmanager bin/kustomize bin/govulncheck bin/axe/axe.min.js ## Run all tests and checks
	sh tools/postgres.sh
	sh tools/haproxy.sh
	sh tools/python.sh
	sh tools/shells.sh
	sh tools/prometheus.sh
	sh tools/chromium.sh
	go vet ./...
	go vet -C deploy ./...
	bin/workflowcheck -config tools/workflowcheck/workflowcheck.yaml ./workflows/...
	@$(MAKE) --no-print-directory --jobs test-packages test-modules
	@$(MAKE) --no-print-directory --jobs test-cluster test-operations

.PHONY: test-packages
test-packages:
	go test -vet=off -timeout 30m -parallel 12 $$(go list ./... | grep -v /cmd/cluster$$)

.PHONY: test-cluster
test-cluster:
	go test -vet=off -timeout 30m -skip TestOperations ./cmd/cluster

.PHONY: test-operations
test-operations:
	go test -vet=off -timeout 30m -run TestOperations ./cmd/cluster

.PHONY: test-modules
test-modules:
	go test -C deploy -vet=off -timeout 30m ./...
	go test -C tools/temporal -vet=off ./...

# No test may depend on the speed of the machine. TIMES=5 repeats them.
.PHONY: test-slow
test-slow: $(temporal_cli) $(temporal_server) bin/stripe-mock bin/axe/axe.min.js ## Run the end to end tests on a machine that is slowed down: a busy loop on each core, 5 ms more for each commit
	sh tools/postgres.sh
	sh tools/python.sh
	sh tools/shells.sh
	sh tools/prometheus.sh
	sh tools/chromium.sh
	YEYAK_TEST_COMMIT_DELAY=5ms sh tools/busy.sh go test -timeout $(if $(TIMES),9,2)h -count $(or $(TIMES),1) -parallel 8 $(TEST_FLAGS) ./e2e

.PHONY: demo-test
demo-test: $(temporal_server) bin/yeyak ## Run the demonstration for five minutes; fail unless all orders recover and the audit finds nothing
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && YEYAK_DATA_DIR="$$folder" bin/yeyak demo --for=5m

.PHONY: test-pages
test-pages: $(temporal_server) bin/axe/axe.min.js ## Run the pages' tests in a browser; they write screenshots to e2e/screenshots
	sh tools/postgres.sh
	sh tools/chromium.sh
	go test ./internal/rig/browser
	go test -count=1 -timeout 30m -parallel 4 -run TestPages -v ./e2e

.PHONY: fuzz
fuzz: $(temporal_server) ## Send 20,000 random requests on each database, and check that none is answered 5xx and the audit finds nothing
	sh tools/postgres.sh
	go test ./e2e -count=1 -timeout 90m -run TestAnyRequest -requests 20000 -v

.PHONY: lint
lint: bin/golangci-lint bin/templ ## Run the linters, and check the formatting and that the pages' generated Go is up to date
	bin/golangci-lint run ./...
	sh tools/templ/check.sh bin/templ web
	cd deploy && ../bin/golangci-lint run ./...

.PHONY: vulncheck
vulncheck: bin/govulncheck ## Search for known vulnerabilities that the code of our modules can reach
	sh tools/govulncheck/check.sh bin/govulncheck . deploy tools/temporal

.PHONY: notice
notice: ## Write NOTICE: the licences of all linked libraries
	go run -C deploy ./notice

.PHONY: digests
digests: ## Write the digests of all external images, as their registries have them
	go run -C deploy ./images

.PHONY: check-digests
check-digests: ## Fail if an external image has no digest, as a release does
	@go run -C deploy ./images -check

.PHONY: rules
rules: ## Write the alert rules as a resource of the Prometheus Operator
	sh deploy/prometheus/rule.sh > deploy/prometheus/rule.yaml

.PHONY: kustomize
kustomize: bin/kustomize ## Build bin/kustomize

.PHONY: templates
templates: bin/templ ## Generate the pages' Go from their templates
	bin/templ fmt web
	bin/templ generate -path web

.PHONY: format
format: bin/golangci-lint ## Format the code
	bin/golangci-lint fmt ./... ./deploy/...

.PHONY: histories
histories: $(temporal_server) ## Record the workflows' histories again, after an intended change of a workflow
	sh tools/postgres.sh
	go test ./e2e -count=1 -timeout 20m -parallel 16 -run TestRecordHistories -record

.PHONY: release-histories
release-histories: ## Archive the histories of a release: VERSION=v1.2.3
	@[[ "$(VERSION)" =~ ^v[0-9]+\.[0-9]+\.[0-9]+$$ ]] || { echo "say which: make $@ VERSION=v1.2.3" >&2; exit 1; }
	@mkdir -p workflows/testdata/releases
	tar -C workflows/testdata/histories --sort=name --owner=0 --group=0 --mtime=@0 -cf - . | gzip -9n > workflows/testdata/releases/$(VERSION).tar.gz

.PHONY: bench
bench: $(temporal_server) bin/yeyak ## Measure orders against a naive saga and the engine's limit, reads against a SELECT
	sh tools/postgres.sh
	go build -o bin/bench/ ./bench/...
	bin/bench/bench $(BENCH_FLAGS)

.PHONY: bench-overload
bench-overload: $(temporal_server) bin/yeyak ## Measure orders while the payment provider is overloaded, against a naive saga
	sh tools/postgres.sh
	go build -o bin/bench/ ./bench/...
	bin/bench/overload $(BENCH_FLAGS)

.PHONY: bench-open
bench-open: $(temporal_server) bin/yeyak ## Measure what 20,000 open reservations cost
	sh tools/postgres.sh
	go build -o bin/bench/ ./bench/...
	bin/bench/open $(BENCH_FLAGS)

.PHONY: bench-recovery
bench-recovery: $(temporal_server) bin/yeyak ## Measure how soon orders continue after a kill -9 under load
	sh tools/postgres.sh
	go build -o bin/bench/ ./bench/...
	bin/bench/recovery $(BENCH_FLAGS)

.PHONY: bench-inbox
bench-inbox: $(temporal_server) bin/yeyak ## Measure orders that wait in the inbox for Temporal, against orders that are started at once
	sh tools/postgres.sh
	go build -o bin/bench/ ./bench/...
	bin/bench/inbox $(BENCH_FLAGS)

.PHONY: bench-pages
bench-pages: $(temporal_server) bin/yeyak ## Measure an order's page against its JSON, and orders beside 256 open live pages
	sh tools/postgres.sh
	go build -o bin/bench/ ./bench/...
	bin/bench/pages $(BENCH_FLAGS)

.PHONY: cluster
cluster: $(temporal_server) bin/yeyak bin/cluster haproxy ## Run everything as separate processes behind one entry point; Ctrl-C stops it
	@exec bin/cluster run $(CLUSTER_FLAGS)

.PHONY: redeploy-test
redeploy-test: $(temporal_server) bin/cluster builds haproxy ## Replace every process three times under load, and fail if a user notices
	bin/cluster redeploy --builds bin/builds/blue,bin/builds/green $(CLUSTER_FLAGS)

.PHONY: kill-test
kill-test: $(temporal_server) bin/yeyak bin/cluster haproxy ## Kill one process after the other under load, and report how long users notice each kill
	bin/cluster kill $(CLUSTER_FLAGS)

.PHONY: away-test
away-test: $(temporal_server) bin/yeyak bin/cluster haproxy ## Take Temporal down for a minute under load, three times, and fail if a reservation or an order of food is refused or lost
	bin/cluster away $(CLUSTER_FLAGS)

.PHONY: siege
siege: $(temporal_server) bin/yeyak bin/cluster haproxy ## Load everything with siege, as the documents of other order systems do, and report how much was served
	@sh tools/siege.sh
	bin/cluster siege $(SIEGE_FLAGS)
	bin/cluster siege --against=dev --part=0.25 $(SIEGE_FLAGS)

.PHONY: haproxy
haproxy:
	@sh tools/postgres.sh
	@sh tools/haproxy.sh

# Two builds that differ only in their version.
.PHONY: builds
builds:
	@for version in blue green; do go build -ldflags "-X main.version=$$version" -o bin/builds/$$version ./cmd/yeyak || exit 1; done

.PHONY: clean
clean: ## Remove all builds; data in .yeyak stays
	rm -rf bin

# Always run: go build decides whether there is something to build.
.PHONY: bin/yeyak
bin/yeyak:
	@bash tools/build.sh . $@ ./cmd/yeyak

.PHONY: bin/cluster
bin/cluster:
	@go build -o $@ ./cmd/cluster

# Tools are pinned in modules of their own under tools/. Each is built once, and again when
# its pin changes.
bin/temporal-server: tools/temporal/go.mod $(wildcard tools/temporal/*.go)
	@echo "Building the Temporal server, once. On two cores it takes some minutes." >&2
	@bash tools/build.sh tools/temporal ../../$@ .
	@touch $@

bin/temporal: tools/temporal-cli/go.mod
	@echo "Building the Temporal CLI $(CLI_VERSION), once. On two cores it takes some minutes." >&2
	@bash tools/build.sh tools/temporal-cli ../../$@ github.com/temporalio/cli/cmd/temporal \
		-ldflags "-X github.com/temporalio/cli/temporalcli.Version=$(CLI_VERSION)"
	@touch $@

bin/golangci-lint: tools/golangci-lint/go.mod
	@echo "Building golangci-lint: takes about two minutes, once."
	@go build -C tools/golangci-lint -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

bin/workflowcheck: tools/workflowcheck/go.mod
	@go build -C tools/workflowcheck -o ../../$@ go.temporal.io/sdk/contrib/tools/workflowcheck
	@touch $@

bin/govulncheck: tools/govulncheck/go.mod
	@go build -C tools/govulncheck -o ../../$@ golang.org/x/vuln/cmd/govulncheck
	@touch $@

bin/kustomize: tools/kustomize/go.mod
	@go build -C tools/kustomize -o ../../$@ sigs.k8s.io/kustomize/kustomize/v5
	@touch $@

bin/alertmanager: tools/alertmanager/go.mod
	@echo "Building Alertmanager: takes about two minutes, once."
	@sh tools/alertmanager/build.sh
	@touch $@

bin/templ: tools/templ/go.mod
	@go build -C tools/templ -o ../../$@ github.com/a-h/templ/cmd/templ
	@touch $@

bin/stripe-mock: tools/stripe-mock/go.mod
	@go build -C tools/stripe-mock -o ../../$@ github.com/stripe/stripe-mock
	@touch $@

bin/axe/axe.min.js: tools/axe.sh
	@sh tools/axe.sh
	@touch $@
