# A thin front on CMake. `make` alone says what there is.
#
# Variables: SUITE=quick|full|memory|latency|scale|programs|ci or a file (bench), RUN=folder (charts, report, compare;
# default: the last run), BASE=folder (compare), MINUTES=n (fuzz), CELLS="..." (test-all; scripts/test-all --list has them),
# PROGRAMS="..." (test-programs), SELFTEST=full|quick (selftest), BUILD=build (folder), OPTIONS=-DWERROR=ON (CMake options),
# VERBOSE=1 (show configuring and compiling), BOOTSTRAP=0 (install nothing).

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help build bench test test-all test-programs test-aarch64 fuzz coverage charts report compare docs selftest selftest-report clean

BUILD ?= build
SUITE ?= quick
SELFTEST ?= full
RUN ?= results/latest
BASE ?=
OPTIONS ?=
MINUTES ?= 10
export VERBOSE

help:
	@echo "make bench [SUITE=name|file.ini]     measure all allocators, then draw the charts; suites:"
	@for suite in workloads/suites/*.ini; do \
	  printf '  %-10s %s\n' "$$(basename $$suite .ini)" "$$(sed -n 's/^description = //p' $$suite)"; done
	@echo "make test                            build and run every test"
	@echo "make test-all [CELLS='...']          the same by gcc and clang at -O0, -O2, -O3 with LTO; qemu, programs, coverage; an hour"
	@echo "make test-programs [PROGRAMS='...']  real programs with and without minipool preloaded: the same output"
	@echo "make test-aarch64                    minipool's tests cross-compiled, under qemu"
	@echo "make fuzz [MINUTES=n]                libFuzzer on minipool; default: 10 minutes"
	@echo "make coverage                        which lines of minipool its tests run; three minutes"
	@echo "make charts [RUN=folder]             draw the charts of a stored run again"
	@echo "make report [RUN=folder]             one HTML page about a stored run: RUN/report.html"
	@echo "make compare [RUN=folder]            judge a stored run; with BASE=folder against that one"
	@echo "make docs                            docs/workloads.md again from what the workloads say of themselves"
	@echo "make selftest [SELFTEST=full|quick]  what allocbench says where the truth is known; half an hour"
	@echo "make selftest-report                 docs/selftest.md again from results/selftest"
	@echo "make build | clean"

build:
	@scripts/bootstrap build
	@scripts/build $(BUILD) $(OPTIONS)

bench:
	@scripts/bootstrap build bench
	@scripts/build $(BUILD) $(OPTIONS)
	@scripts/bench $(BUILD)/harness/allocbench $(SUITE)

test:
	@scripts/bootstrap build bench test
	@scripts/build $(BUILD) $(OPTIONS)
	@ctest --test-dir $(BUILD) --parallel $$(nproc) --output-on-failure --no-tests=error

test-all:
	@scripts/test-all $(BUILD)/all $(CELLS)

test-programs:
	@scripts/bootstrap build test test-programs
	@scripts/build $(BUILD) $(OPTIONS)
	@scripts/test-programs $(BUILD) $(PROGRAMS)

test-aarch64:
	@scripts/bootstrap build aarch64
	@scripts/test-aarch64 $(BUILD)/aarch64

fuzz:
	@scripts/bootstrap build ci
	@scripts/fuzz $(BUILD)/fuzz $$(($(MINUTES) * 60))

coverage:
	@scripts/bootstrap build test coverage
	@scripts/coverage $(BUILD)/coverage

charts:
	@scripts/bootstrap build bench
	@scripts/build $(BUILD) $(OPTIONS)
	@$(BUILD)/harness/allocbench charts $(RUN)

report:
	@scripts/bootstrap build bench
	@scripts/build $(BUILD) $(OPTIONS)
	@$(BUILD)/harness/allocbench report $(RUN)

compare:
	@scripts/bootstrap build
	@scripts/build $(BUILD) $(OPTIONS)
	@$(BUILD)/harness/allocbench compare $(BASE) $(RUN)

docs:
	@scripts/bootstrap build
	@scripts/build $(BUILD) $(OPTIONS)
	@scripts/workload-page $(BUILD)/harness/allocbench >docs/workloads.md.tmp && mv docs/workloads.md.tmp docs/workloads.md

selftest:
	@scripts/bootstrap build selftest
	@scripts/build $(BUILD) $(OPTIONS)
	@scripts/selftest $(BUILD) $(SELFTEST)

selftest-report:
	@scripts/bootstrap build
	@scripts/build $(BUILD) $(OPTIONS)
	@scripts/selftest $(BUILD) report

clean:
	@rm -rf $(BUILD)
