# Two commands matter: `make demo` and `make test`. Neither needs an AWS account, Docker or root.

SHELL := /bin/bash
GO    ?= go
HOST  := $(shell $(GO) env GOHOSTARCH 2>/dev/null)

# Functions are static and without the RPC mode that only the retired go1.x runtime uses: a third smaller. No code but
# Go's own is inlined (-l): the clients' is called once a request, and its copies are a tenth of the release function's package.
FUNCTION := CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -buildvcs=false -tags lambda.norpc -gcflags='github.com/...=-l' -ldflags '-s -w -buildid='
FUNCTIONS := release verify watch notify

# What check and test need without the race detector is compiled one way, and so once: CDK alone takes a minute and more.
ONCE := CGO_ENABLED=0 GOFLAGS=-trimpath

# Pinned: what npm calls the latest, 3.0.0, is older and cannot read what the CDK library writes.
CDK := $(ONCE) npx --yes aws-cdk@2.1148.1

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20

# Pinned, run and not linked: neither is part of what is shipped.
CYCLONEDX   := $(GO) run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0 bin -json -std -noserial
GOVULNCHECK := $(GO) run golang.org/x/vuln/cmd/govulncheck@v1.1.4
VULNDB      ?= https://vuln.go.dev

.PHONY: help build functions demo test test-simulated test-frozen test-infra check bench bench-compare bench-record profile soak power synth deploy assembly schema sbom vulnerabilities clean needs-go needs-node

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

build: needs-go functions ## bin/cutover, the functions for AWS (bin/aws) and for this machine (bin/local)
	@CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -o bin/cutover ./cmd/cutover
	@CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/local/sample-website ./cmd/sample-website
	@CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/local/placeholder ./cmd/placeholder

functions: needs-go
	@for f in $(FUNCTIONS); do \
	  GOARCH=$(HOST) $(FUNCTION) -o bin/local/$$f/bootstrap ./functions/$$f && \
	  GOARCH=arm64 $(FUNCTION) -o bin/aws/$$f/bootstrap ./functions/$$f || exit 1; \
	done

demo: build ## push five versions of a website to a local AWS and watch what becomes of them
	@bin/cutover demo

test: needs-go build ## every test: unit and race, sandbox end to end, CDK synth
	@$(GO) test -race -parallel 6 -timeout 30m $$($(GO) list ./... | grep -v /infra)
	@$(MAKE) -s -j3 test-simulated test-frozen test-infra

# These run side by side: each keeps but one processor busy. The detector would find nothing in them: CDK is asked by one
# goroutine, and so are the simulations' worlds.
test-simulated:
	@$(ONCE) CUTOVER_SCHEDULES=20000 $(GO) test -timeout 30m -run 'Whatever|AnyCall' ./pkg/release
	@$(ONCE) $(GO) test -run Malformed ./pkg/sandbox/contract
	@$(ONCE) CUTOVER_RUNS=1000 $(GO) test -timeout 30m -run 'Level|Interval' ./pkg/verify/compare

test-frozen:
	@$(ONCE) $(GO) test -run Frozen ./infra/...

test-infra:
	@$(ONCE) $(GO) test -skip Frozen ./infra/...

check: needs-go ## gofmt, vet, staticcheck, a synth with CDK's own validation, and known vulnerabilities
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these files"; exit 1; }
	@$(GO) mod verify >/dev/null
	@$(ONCE) $(GO) vet ./...
	@$(ONCE) $(GO) tool staticcheck ./...
	@$(MAKE) -s needs-node && $(ONCE) $(GO) run ./infra -check
	@$(MAKE) -s vulnerabilities

vulnerabilities: needs-go ## known vulnerabilities that our code reaches, by the Go vulnerability database
	@if curl -sf -m 10 -o /dev/null $(VULNDB)/index/db.json; then $(GOVULNCHECK) -db $(VULNDB) ./...; \
	else echo "skipped govulncheck: its database $(VULNDB) cannot be reached from here"; fi

sbom: build ## what each program links, as CycloneDX 1.6 in bin/sbom, read from the built programs themselves
	@mkdir -p bin/sbom
	@version=$$(git describe --always --dirty 2>/dev/null || echo unknown); \
	for f in $(FUNCTIONS); do $(CYCLONEDX) -version $$version -output bin/sbom/$$f.cdx.json bin/aws/$$f/bootstrap || exit 1; done; \
	$(CYCLONEDX) -version $$version -output bin/sbom/cutover.cdx.json bin/cutover

assembly: needs-go needs-node ## write infra/assembly again, which the sandbox reads
	@CDK_VALIDATION=false $(ONCE) $(GO) run ./infra -assembly infra/assembly
	@CDK_VALIDATION=false $(ONCE) $(GO) run ./infra -config cmd/cutover/testdata/guarded.json -assembly cmd/cutover/testdata/guarded
	@CDK_VALIDATION=false $(ONCE) $(GO) run ./infra -config cmd/cutover/testdata/told.json -assembly cmd/cutover/testdata/told
	@CDK_VALIDATION=false $(ONCE) $(GO) run ./infra -config cmd/cutover/testdata/traced.json -assembly cmd/cutover/testdata/traced
	@CDK_VALIDATION=false $(ONCE) $(GO) run ./infra -config cmd/cutover/testdata/keyed.json -assembly cmd/cutover/testdata/keyed

bench: build bin/bench needs-node ## every figure beside its floor or rival, in one run; then the benchmarks of single packages
	@bin/bench
	@$(GO) test -run '^$$' -bench . -benchtime 200ms ./pkg/... ./functions/...
	@$(ONCE) $(GO) test -run '^$$' -bench Synthesis/services=1$$ -benchtime 20x ./infra
	@$(ONCE) $(GO) test -run '^$$' -bench Synthesis/services=200$$ -benchtime 3x ./infra

bench-compare: build bin/bench ## the same figures, and what got worse against docs/performance.json; fails nothing
	@bin/bench -compare

bench-record: build bin/bench ## write the figures, the table and the plot into docs/
	@bin/bench -record

.PHONY: bin/bench
bin/bench: needs-go
	@CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -o bin/bench ./cmd/bench

profile: build bin/bench ## processor, heap and start-up profiles of the functions and of the sandbox, into bin/profiles
	@bin/bench profile bin/profiles

synth: build needs-node ## CloudFormation templates into cdk.out; needs no credentials
	@CDK_VALIDATION=false $(CDK) synth --quiet # check validates

deploy: build needs-node ## deploy to the AWS account of your credentials; asks before it widens permissions
	@bin/cutover preflight
	@CDK_VALIDATION=false $(CDK) synth --quiet --output cdk.out
	@bin/cutover doctor --stack
	@$(CDK) deploy --all --app cdk.out --outputs-file cdk.out/outputs.json $(CDK_FLAGS)

soak: build ## 1,000 deployments under load, 500 fault schedules, 100 services at once, a million simulated worlds: hours
	@CUTOVER_SCHEDULES=1000000 $(GO) test -count=1 -timeout 6h -run Whatever ./pkg/release
	@CUTOVER_SOAK=1 $(GO) test -count=1 -timeout 6h -v -run 'InARow|RandomFaults' ./pkg/sandbox
	@CUTOVER_SOAK=1 $(GO) test -count=1 -timeout 6h -v -run 'ALittleSlower' ./cmd/cutover
	@CUTOVER_SOAK=1 $(GO) test -count=1 -timeout 6h -v -run AtOnce ./cmd/cutover

power: needs-go ## simulate how often the comparison with blue errs, and write docs/verification-power.md: some minutes
	@CUTOVER_RUNS=10000 $(GO) test -count=1 -timeout 6h -run 'Level|Interval' ./pkg/verify/compare
	@$(GO) test -count=1 -timeout 6h -run Power ./pkg/verify/compare -power

clean: ## remove what make built
	@rm -rf bin cdk.out

needs-go:
	@command -v $(GO) >/dev/null || { echo "Go 1.26 or later is needed to build Cutover: https://go.dev/dl"; exit 1; }

needs-node:
	@command -v node >/dev/null || { echo "Node.js 20 or later is needed for CDK: https://nodejs.org"; exit 1; }
