# Causeway's commands. `make demo` and `make test` are the two to start with; `make help` lists them all.
SHELL := /bin/bash -eu -o pipefail
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v "$$(pyenv prefix 3.13 2>/dev/null)/bin/python3.13" || command -v python3.13 || echo python3.13-is-missing)
VENV   := .venv
BIN    := $(VENV)/bin
NEEDED := $(VENV)/.ready
READY  := $(VENV)/.installed
CHECKOV := .venv-checkov/.ready
FOR_NODE := tests/witnesses/node_modules/.package-lock.json

# Compiled files spare each process of the suite seconds, so they are kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

$(NEEDED): requirements/development.txt
	@echo "Setting up $(VENV) (about a minute, once)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements/development.txt
	@touch $@

# Anew where the commands or packages have changed.
$(READY): $(NEEDED) pyproject.toml
	@$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(CHECKOV): requirements/checkov.txt | $(READY)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r requirements/checkov.txt
	@touch $@

$(FOR_NODE): tests/witnesses/package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --prefix tests/witnesses; \
	else echo "There is no npm here: the tests that ask programs for Node will be skipped."; fi

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(READY) $(CHECKOV) $(FOR_NODE) ## install everything into the project's own folders

# Hashes of every platform's files: one lock serves x86_64 and arm64, Linux and macOS.
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.13 --generate-hashes \
          --custom-compile-command 'make lock'

.PHONY: lock
lock: $(READY) ## resolve anew what pyproject.toml and tests/witnesses/package.json declare
	@$(LOCK) pyproject.toml --extra embedded --group development --output-file requirements/development.txt
	@$(LOCK) --group pyproject.toml:layer --constraints requirements/development.txt \
	  --output-file layers/causeway/python/requirements.txt
	@$(LOCK) --group pyproject.toml:checkov --output-file requirements/checkov.txt
	@cd tests/witnesses && npm update --package-lock-only

# From a clean folder: setuptools puts into the wheel what an earlier build has left in build/.
.PHONY: wheel
wheel: $(READY) ## the command as a package to install, in dist/
	@rm -rf build dist
	@$(BIN)/pip wheel -qq --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@rm -rf build
	@ls dist/*.whl

.PHONY: demo
demo: $(READY) ## one item makes two VPCs talk, on the embedded AWS
	@$(BIN)/python -m localcloud demo

.PHONY: pictures
pictures: demo ## the docs' pictures of the demo's map, anew (needs Debian's chromium)
	@$(BIN)/python docs/pictures/draw.py

.PHONY: test
test: $(READY) $(CHECKOV) $(FOR_NODE) ## the whole suite
	@rm -rf .local/used-permissions
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not embedded"
	@$(BIN)/python -m pytest -n 3 --dist loadgroup -m embedded
	@CAUSEWAY_RECORD=required $(BIN)/python -m pytest -q tests/templates/test_used_permissions.py

.PHONY: conformance
conformance: $(READY) ## AWS's rules as tests, on the embedded AWS, or on ENDPOINT=<url> or ENDPOINT=aws
	@CONFORMANCE_ENDPOINT=$(ENDPOINT) $(BIN)/python -m pytest -q tests/conformance

.PHONY: conformance-table
conformance-table: $(READY) ## docs/conformance.md anew: the rules, their sources, what plain moto lacks
	@$(BIN)/python -m tests.conformance.table

.PHONY: differential
differential: $(READY) ## reachability check beside real packets, on 300 new networks (SEED=1000 NETWORKS=1: on one again)
	@CAUSEWAY_PACKETS=required SEED=$(or $(SEED),$$(date +%s)) NETWORKS=$(or $(NETWORKS),300) \
		$(BIN)/python -m pytest -q tests/packets/test_differential.py

.PHONY: kill
kill: $(READY) ## every function killed at each of its calls, from a request's item to its removal
	@KILLED_AT='every call' $(BIN)/python -m pytest -q -s tests/system/test_killed.py

.PHONY: check
check: $(READY) ## linter, formatter, layers, type checker
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/mypy layers/causeway/python/causeway functions cli localcloud bench tests

.PHONY: local
local: $(READY) ## the embedded AWS, deployed, until Ctrl-C
	@exec $(BIN)/python -m localcloud up

.PHONY: bench
bench: $(READY) ## Causeway beside a script, the AWS CLI and Terraform, on the embedded AWS
	@$(BIN)/python -m bench
