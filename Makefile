# `make demo` and `make test` need nothing but Python 3.11 or later and a network: they make their own environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORPORA ?= ../shared/corpora
SEED ?= 0
KERNEL ?= ../linux
TESTS ?= 20000
LINES ?= 1000000
EXAMPLES ?= 1000
MOST ?= 200
PART ?= 1/1

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast thorough check format catalog corpus explanations repairs emulated pci fuzz kernel-scripts bench bench-compare results clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 15

demo: $(VENV)/.installed ## Decide the classic tests under every model and print the table
	@$(BIN)/litmus demo

test: $(VENV)/.developing ## Run the whole suite, on all cores
	$(BIN)/pytest -n auto --dist worksteal

test-fast: $(VENV)/.developing ## Run what is worth running at every save: all but the tests that are marked slow
	$(BIN)/pytest -n auto --dist worksteal -m "not slow"

thorough: $(VENV)/.developing ## Run it on all of the catalogue, and on EXAMPLES new programs for each random test: hours
	LITMUS_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n auto --dist worksteal

check: $(VENV)/.developing ## Lint, formatting, types and import contracts: what CI runs before the suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks
	$(BIN)/mypy examples/review/kernel_review
	$(BIN)/lint-imports

format: $(VENV)/.developing ## Put the sources into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

catalog: $(VENV)/.installed ## Decide the whole catalogue again, compare with what it expects, and check its pages
	$(BIN)/litmus catalog verify -j 0
	$(BIN)/litmus catalog tables --check

corpus: $(VENV)/.installed ## Compare with the known answers of public test suites (CORPORA=folder)
	$(BIN)/python benchmarks/corpus.py $(CORPORA)

explanations: $(VENV)/.developing ## Check all explanations of the catalogue and of MOST tests a suite (CORPORA=, PART=1/4, SUITE=)
	cd tests && $(abspath $(BIN))/python -m oracles.explanations ../catalog $(abspath $(CORPORA)) $(MOST) --archs all --part $(PART) --suite "$(SUITE)"

repairs: $(VENV)/.developing ## Check all that is said of barriers there, repairs by brute force, too (CORPORA=, PART=1/4, SUITE=)
	cd tests && $(abspath $(BIN))/python -m oracles.barriers ../catalog $(abspath $(CORPORA)) $(MOST) --candidates all --part $(PART) --suite "$(SUITE)"

emulated: $(VENV)/.developing ## Hold what instructions do against an emulator, on random programs (PROGRAMS=1000, SEED=)
	cd tests && $(abspath $(BIN))/python -m oracles.emulated --programs $(or $(PROGRAMS),1000) --seed $(SEED)

pci: $(VENV)/.developing ## Hold PCI models against a machine of queues, on many random tests (SEED=, TESTS=)
	cd tests && $(abspath $(BIN))/python -m oracles.pci_random $(SEED) $(TESTS)
	cd tests && $(abspath $(BIN))/python -m oracles.pci_compare $(SEED) $(TESTS)

kernel-scripts: $(VENV)/.installed ## Run the kernel's own scripts with litmus as herd7 (KERNEL=folder, a kernel's source; HISTORY=collection)
	$(BIN)/python benchmarks/kernel_scripts.py $(KERNEL)/tools/memory-model $(if $(HISTORY),--history $(HISTORY))

bench: $(VENV)/.installed ## Measure growth, large inputs, tables, and whole processes beside what was recorded (CORPORA=)
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/large.py
	$(BIN)/python benchmarks/hostile.py
	$(BIN)/python benchmarks/placements.py
	$(BIN)/python benchmarks/tables.py
	$(BIN)/python benchmarks/barriers.py
	$(BIN)/python benchmarks/speed.py --corpora $(CORPORA)

fuzz: $(VENV)/.developing ## Read LINES mutated instructions of all dialects: none may end in a traceback (SEED=0)
	$(BIN)/python benchmarks/fuzz.py --lines $(LINES) --seed $(SEED)

bench-compare: $(VENV)/.installed ## Compare the speed with that of another revision, in turns (REV=, CORPORA=, PROGRAMS=)
	$(BIN)/python benchmarks/compare.py $(REV) $(PROGRAMS) --corpora $(CORPORA)

results: $(VENV)/.installed ## Run all measurements and write benchmarks/RESULTS.md
	$(BIN)/python benchmarks/record.py $(CORPORA)

clean: ## Remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "litmus needs Python 3.11 or later; make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed
