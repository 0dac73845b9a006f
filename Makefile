# Needs Python 3.11 or newer and make; everything else goes into .venv/.
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
# Processes for the tests: one more than two cores, since tests wait for processes, browsers and disks; each needs some ten
# seconds to get ready.
TESTERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help run install test lint check bench chaos guards lock

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST))

run: $(INSTALLED)  ## the demo shop in the foreground: PORT (8000), HOST (127.0.0.1)
	@exec $(BIN)/python -m console.run

install: $(INSTALLED)  ## the environment, in .venv/

test: $(INSTALLED)  ## the whole test suite
	$(BIN)/python -m pytest -n $(TESTERS) --dist worksteal

lint: $(INSTALLED)  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test  ## lint, then test

bench: $(INSTALLED)  ## checkouts beside their bare rows: BENCH_SECONDS (8), BASKETS and SKUS (files); docs/performance.md
	@$(BIN)/python -m bench $(BENCH)

chaos: $(INSTALLED)  ## the kill-and-fault campaign, as a matrix: CHAOS_MINUTES (5), CHAOS_SEED, JSON=FILE
	@$(BIN)/python -m tests.campaign.chaos $(if $(JSON),--json $(JSON))

guards: $(INSTALLED)  ## each guard of the protocol taken away in turn: a test must notice
	@$(BIN)/python -m tests.guards

lock: $(INSTALLED)  ## requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
		--group dev pyproject.toml --output-file requirements.lock

$(INSTALLED): requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found" >&2; exit 1; }
	@$(PYTHON) tools/environment.py
	@touch $@
