# Everything a person or CI runs. `make run` and `make test` need only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint types contracts unit lock clean install
.DEFAULT_GOAL := run

## run: set up, ingest the configured documents, start the bot (QUESTION="…" asks one question and exits)
run: install
	@$(BIN)/ragbot run --question "$$QUESTION"

## install: the locked dependencies and ragbot itself, in .venv
install: $(VENV)/.installed

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "ragbot needs Python 3.11 or newer as '$(PYTHON)'; say which with: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	@touch $@

# `--no-build-isolation` builds with the locked hatchling; the editable install follows the source.
$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/.python
	@echo "Installing ragbot into $(VENV) (once)…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing the development tools…"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

## test: lint, strict types, import contracts, tests with branch coverage
test: lint types contracts unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 3
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

## lock: renew requirements.lock and requirements-dev.lock from pyproject.toml
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
        --generate-hashes --no-strip-extras --no-emit-index-url --no-annotate --no-header --extra build
lock: $(VENV)/.installed-dev
	$(BIN)/$(LOCK) --output-file requirements.lock
	$(BIN)/$(LOCK) --extra dev --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage* build dist
