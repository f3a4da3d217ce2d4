# `make` alone prints what can be done. Every target works on a fresh Debian 12; those that build install what is missing.
BUILD ?= build
JOBS ?= $(shell nproc)
ENV_FILE ?= .env
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.DEFAULT_GOAL := help
.PHONY: install deb test-package burst keep-alive lag-broker lag-walks help deps build run demo demo-stop demo-start demo-check demo-down test kill-test power-cut soak fuzz test-asan test-tsan test-grafana test-object-store follow-test bench mutants up down logs test-deployment dashboards lint format clean

# (this list)
help:
	@awk '/^# /{text=substr($$0,3)} /^[a-z][a-z-]*:/{if(text!=""){split($$1,t,":"); printf "  make %-18s %s\n", t[1], text}; text=""}' $(MAKEFILE_LIST)

# install what is missing for building and testing (Debian packages; starts no service)
deps:
	@.ci/deps

# build the gateway and the tests into build/
build: configured
	@cmake --build $(BUILD) --parallel $(JOBS)

.PHONY: configured
configured: deps
	@cmake --preset default -B $(BUILD) $(CMAKE_FLAGS) > $(BUILD)-configure.log 2>&1 || { cat $(BUILD)-configure.log; exit 1; }
	@rm -f $(BUILD)-configure.log

# run the gateway with the settings of .env
run: configured
	@cmake --build $(BUILD) --parallel $(JOBS) --target cache-gateway
	@test -f $(ENV_FILE) || { echo "$(ENV_FILE) is missing; install -m 600 .env.example .env, and adapt it"; exit 2; }
	$(BUILD)/cache-gateway run --env-file $(ENV_FILE)

# start the demo upstreams and the gateway, show its status; Ctrl-C stops everything
demo: configured
	@cmake --build $(BUILD) --parallel $(JOBS) --target cache-gateway trading-system
	@tests/demo/demo up

# stop a demo upstream: make demo-stop UPSTREAM=postgres
demo-stop:
	@tests/demo/demo stop $(UPSTREAM)

# start it again: make demo-start UPSTREAM=postgres
demo-start:
	@tests/demo/demo start $(UPSTREAM)

# check the rows of every view and the freshness of every source
demo-check:
	@tests/demo/demo check

# stop a demo whose terminal was closed
demo-down:
	@tests/demo/demo down

# build and run all tests: unit, integration with private servers, faults, hostile answers, deployment files; the last line says what ran
test: build
	@cd $(BUILD) && ctest --output-on-failure --no-tests=error --parallel $(JOBS); result=$$?; log=Testing/Temporary/LastTest.log; grep '^| ' $$log > tables.md; \
	  [ $$result = 0 ] || { echo 'What failed:'; grep -E -A7 ': Failure$$|^\[  FAILED  \] [^0-9]' $$log | cut -c1-400 | head -n 120; }; \
	  echo "What was tried, as tables: $(BUILD)/tables.md"; $(CURDIR)/tests/summary $$log; exit $$result

# unit and integration tests under AddressSanitizer and UBSan: make test-asan TESTS=unit for a part
test-asan:
	@$(MAKE) --no-print-directory test-sanitized PRESET=asan

# the same under ThreadSanitizer
test-tsan:
	@$(MAKE) --no-print-directory test-sanitized PRESET=tsan

.PHONY: test-sanitized
test-sanitized: deps
	@cmake --preset $(PRESET) $(CMAKE_FLAGS) > /dev/null
	@cmake --build build-$(PRESET) --parallel $(JOBS) --target $(addsuffix -tests,$(or $(TESTS),unit integration))
	@cd build-$(PRESET) && ctest --output-on-failure --no-tests=error -R '$(or $(TESTS),unit|integration)'

# kill the gateway at random moments and at each step of a publish while readers query: make kill-test COUNT=2000
COUNT ?= 2000
kill-test: build
	@KILL_COUNT=$(COUNT) $(BUILD)/tests/integration/integration-tests --gtest_brief=1 --gtest_filter='Kill.*'
	@STEP_KILLS=$(COUNT) $(BUILD)/tests/faults/fault-tests --gtest_brief=1 --gtest_filter='PublishSteps.*'

# cut the power at random moments and start from what is on the disk; needs root and loop devices: make power-cut CUTS=100
CUTS ?= 100
power-cut: build
	@POWER_CUTS=$(CUTS) $(BUILD)/tests/faults/fault-tests --gtest_brief=1 --gtest_filter='PowerCut.*'

# poll services exactly at their server's keep-alive timeout: make keep-alive KEEP_ALIVE_SECONDS=600
KEEP_ALIVE_SECONDS ?= 600
keep-alive: build
	@KEEP_ALIVE_SECONDS=$(KEEP_ALIVE_SECONDS) $(BUILD)/tests/faults/fault-tests --gtest_brief=1 --gtest_filter='RealServers.NginxPolled*'

# test the lag rule on random hours of a queue, in simulated time: make lag-walks WALKS=2000
WALKS ?= 2000
lag-walks: configured
	@cmake --build $(BUILD) --parallel $(JOBS) --target unit-tests
	@LAG_WALKS=$(WALKS) $(BUILD)/tests/unit/unit-tests --gtest_filter='LagWalks.*'

# test the lag rule on 29 queues of a real broker for seven minutes; fails if a verdict is wrong
lag-broker: configured
	@cmake --build $(BUILD) --parallel $(JOBS) --target lag-broker
	@$(BUILD)/tests/lag-broker/lag-broker

# run one gateway for many publishes with changing faults; fails if its memory, descriptors, threads or file grew: make soak CYCLES=10000
CYCLES ?= 10000
soak: build
	@$(BUILD)/tests/faults/soak $(CYCLES)

# test uploading and following with a real S3 store (built from the Go module proxy) and its failures
test-object-store: configured
	@.ci/deps object-store
	@tests/object-store/build-store $(BUILD)/tools
	@cmake --build $(BUILD) --parallel $(JOBS) --target object-store-tests
	@tests/object-store/run $(BUILD)/tests/object-store/object-store-tests

# kill, freeze and disconnect gateways, store and follower at random moments while readers query the copy: make follow-test TIMES=200
follow-test: configured
	@.ci/deps object-store
	@tests/object-store/build-store $(BUILD)/tools
	@cmake --build $(BUILD) --parallel $(JOBS) --target object-store-tests
	@FOLLOW_FAULTS=$(or $(TIMES),200) $(BUILD)/tests/object-store/object-store-tests --gtest_brief=1 --gtest_filter='RandomFaults.*'

# fuzz every parser with libFuzzer, prove that a planted bug is found, count the lines that the corpus reaches: make fuzz RUNS=10000000 SEED=1
RUNS ?= 10000000
fuzz:
	@.ci/deps fuzz
	@tests/fuzz/planted
	@tests/fuzz/coverage
	@tests/fuzz/run $(RUNS) $(SEED)

# test every dashboard of a running Grafana in a browser: make test-grafana GRAFANA_URL=http://127.0.0.1:4700
test-grafana:
	@.ci/deps browser
	@cd tests/grafana/live && npm ci --silent --no-audit --no-fund
	@SCREENSHOTS=$${SCREENSHOTS:-$(abspath $(BUILD))/screenshots} node tests/grafana/live/live.mjs $(GRAFANA_URL)

# write grafana/dashboards/*.json from their sources in grafana/pages
dashboards: deps
	@grafana/generate

# clang-format and clang-tidy (19) over the gateway and the tests
lint: build
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 --dry-run --Werror
	@git ls-files 'gateway/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy-19 --quiet -p $(BUILD) > $(BUILD)/lint.log 2>&1 || { grep -A 4 -E '(error|warning):' $(BUILD)/lint.log; exit 1; }

# format the sources with clang-format
format:
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i
	@jsonnetfmt -i grafana/lib/*.libsonnet grafana/pages/*.jsonnet

# import many orders and signals with one timestamp while the gateway runs: make burst ROWS=1000000
ROWS ?= 60000
burst: configured
	@cmake --build $(BUILD) --parallel $(JOBS) --target cache-gateway
	@ROWS=$(ROWS) tests/benchmark/burst $(BUILD)/cache-gateway

# compare the gateway's cost with Prometheus and other baselines, into build/bench/report.md; one part: make bench-cycle, -peers, -postgres, -broker, -freshness, -reads, -start, -memory
bench: $(addprefix bench-,cycle peers postgres broker freshness reads start memory)

BENCH_SIZE ?= full
bench-%: bench-programs
	@tests/benchmark/bench --size $(BENCH_SIZE) --build $(BUILD) $*

# a small run of the benchmarks, to check that they still work
bench-smoke: bench-programs
	@tests/benchmark/bench --size smoke --build $(BUILD) cycle start

.PHONY: bench-smoke bench-programs bench-queries
bench-programs: configured
	@.ci/deps bench
	@cmake --build $(BUILD) --parallel $(JOBS) --target bench-programs

# the CPU time of SQLite and of the dashboards' queries alone
bench-queries: build
	@$(BUILD)/tests/grafana/grafana-bench
	@$(BUILD)/tests/history/history-bench

# apply one-line defects, each of which a test must detect
mutants: build
	@.ci/deps object-store
	@tests/object-store/build-store $(BUILD)/tools
	@VERSITYGW=$(abspath $(BUILD))/tools/versitygw MUTANTS_DIR=$(BUILD)/mutants tests/mutants/run $(MUTANTS)

prefix ?= /usr/local
# build for this machine and install: make install prefix=/usr/local DESTDIR=
install: deps
	@cmake -G Ninja -S . -B $(BUILD)-install -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX=$(prefix) > /dev/null
	@cmake --build $(BUILD)-install --parallel $(JOBS)
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD)-install --strip

# build a Debian package, into build-deb/
deb: deps
	@cmake -G Ninja -S . -B $(BUILD)-deb -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX=/usr > /dev/null
	@cmake --build $(BUILD)-deb --parallel $(JOBS)
	@cd $(BUILD)-deb && cpack -G DEB > /dev/null && ls "$$PWD"/*.deb

# install, start, upgrade and remove the package in a fresh Debian with systemd (needs root and debootstrap; three minutes)
test-package: deb
	@tests/deployment/package $(BUILD)-deb/*.deb

# with Docker: start the gateway and Grafana (port 4700), by default with demo upstreams
up:
	@gateway/deploy/compose-up $(COMPOSE)

# stop and remove the containers; the cache stays
down:
	@$(COMPOSE) --profile demo --profile https down

# follow the containers' logs
logs:
	@$(COMPOSE) logs --follow

# build, start and break the real containers (needs Docker; takes several minutes)
test-deployment:
	@tests/deployment/run

# remove what was built
clean:
	rm -rf build build-*
