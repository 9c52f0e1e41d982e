# Every verb installs what it needs into the checkout: packages into .venv, Kafka's jars into .cache.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install anew demo test unit check up soak bench bench-fanout topics lock clean

# The first interpreter that runs, is 3.12 or 3.11, and can make a virtual environment.
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN := .venv/bin
ARGS ?=

# A test run starts some hundred processes of ours: what one of them compiled, the next one loads.
unexport PYTHONDONTWRITEBYTECODE

# Two workers, who mostly wait for what they test; ARGS="-n 0" tests in one process, as a debugger wants it.
PYTEST := $(BIN)/python -m pytest -n 2 --no-loadscope-reorder

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Rebuilt only when the content of constraints.txt is not what was installed. Nothing of ours is
# installed: programs run from this checkout, so what you read is what runs.
install: ## put every dependency, checked by hash, into .venv
	@cmp -s constraints.txt .venv/constraints.txt || $(MAKE) --no-print-directory anew

# On its own, so that a Python is looked for only where one is needed: that takes half a second.
anew:
	@test -n "$(PYTHON)" || { echo "Sonae needs Python 3.11 or 3.12 with venv; install one, or say make PYTHON=/path/to/python3.12"; exit 2; }; \
	echo "installing into .venv with $$($(PYTHON) --version) (once, about a minute)" && \
	$(PYTHON) -m venv --clear .venv && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt && \
	cp constraints.txt .venv/constraints.txt

demo: install ## play a recorded flood from feed bytes to residents' screens
	@$(BIN)/python -m local demo $(ARGS)

test: install ## run every suite; browser tests use any browser that is installed
	@$(PYTEST) -rs $(ARGS)

unit: install ## run the fast tests only: no network, no process, no Kafka
	@$(BIN)/python -m tests.halves $(ARGS)

check: install ## ruff and mypy --strict
	@failed=0; for judge in "ruff check ." "ruff format --check ." "mypy ."; do $(BIN)/python -m $$judge || failed=1; done; exit $$failed

up: install ## start everything and leave it running; Ctrl-C stops all (ARGS="--scenario FILE")
	@$(BIN)/python -m local up $(ARGS)

soak: install ## many examples of every property, then the long forms of the kill and fault suites
	@SONAE_EXAMPLES=thorough $(PYTEST) -q tests/unit tests/contract && $(BIN)/python -m pytest -rs -m soak $(ARGS)

bench: install ## measure latency, feed bytes to push accepted
	@$(BIN)/python -m bench.latency $(ARGS)

bench-fanout: install ## measure the fan-out against a loop over webpush() (ARGS=--million); needs nginx
	@$(BIN)/python -m bench.fanout $(ARGS)

topics: install ## list every topic with its settings
	@$(BIN)/python -m schemas topics $(ARGS)

# By the older interpreter: some newest versions are for 3.12 alone.
lock: ## pin constraints.txt anew from pyproject.toml
	@python3.11 -m venv --clear .cache/lock && .cache/lock/bin/python -m pip install --quiet pip-tools && \
	.cache/lock/bin/pip-compile --quiet --extra test --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file .cache/lock/constraints.txt pyproject.toml && \
	{ sed -n '/^#/p' constraints.txt; sed -e '/^ *#/d' -e '/^sonae @/d' -e '/^$$/d' .cache/lock/constraints.txt; } > .cache/lock/new.txt && \
	mv .cache/lock/new.txt constraints.txt && rm -rf .cache/lock sonae.egg-info

clean: ## remove what was installed and cached
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
