# `make demo` and `make test` set up everything they need. VENV= names another environment, PYTHON= the interpreter that
# creates it; an environment that exists is completed, not replaced.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.evalmuse_hf-installed
OFFLINE := HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 HF_DATASETS_OFFLINE=1 HF_EVALUATE_OFFLINE=1
# One thread per worker: two workers with all threads each are slower than one. Compiled files are kept, also where the
# environment says otherwise: the tests start many processes, and a later run collects its tests in half the time.
PYTEST := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
WORKERS ?= 2
PORT ?= 7860
NO_SERVERS := not browser and not postgres and not tutorial

.DEFAULT_GOAL := help
.PHONY: help install demo space test test-failed test-fast test-servers test-servers-failed test-packages \
	test-packages-all docs lint format types clean FORCE

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-21s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp holds the folder that was installed, so that an environment shared by two checkouts follows the one in use.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
$(STAMP): FORCE
endif

# Compiling every file takes more than half of an installation; what is used is compiled, and kept, when it is used.
$(STAMP): setup.cfg pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing into $(VENV), once: 2.6 GB and some minutes, more with a GPU build of torch."
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[dev]'
	@echo "$(CURDIR)" > $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit("evalmuse_hf needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

install: $(STAMP)  ## create or complete the environment

demo: $(STAMP)  ## draw a test set, score it, judge the scores, rank the generators, write report.html
	PYTHONDONTWRITEBYTECODE= $(OFFLINE) $(BIN)/evalmuse demo

space: $(STAMP)  ## score your own pictures in a browser; prints the address, Ctrl-C ends it; PORT= takes another
	PYTHONDONTWRITEBYTECODE= $(OFFLINE) $(BIN)/evalmuse space --port $(PORT)

test: $(STAMP)  ## every test that needs neither a browser nor a PostgreSQL server
	$(PYTEST) -n $(WORKERS) -m "$(NO_SERVERS)"

test-failed: $(STAMP)  ## what failed last time, once more, one after the other
	@echo "These failed at first:"; $(BIN)/python -m pytest --cache-show 'cache/lastfailed' | grep '::' || true
	$(PYTEST) --last-failed --last-failed-no-failures none -m "$(NO_SERVERS)"

test-servers-failed: $(STAMP)  ## the same of those that need servers
	@echo "These failed at first:"; $(BIN)/python -m pytest --cache-show 'cache/lastfailed' | grep '::' || true
	$(PYTEST) --last-failed --last-failed-no-failures none -m "browser or postgres"

test-fast: $(STAMP)  ## the same without the slow ones
	$(PYTEST) -n $(WORKERS) -m "not slow and $(NO_SERVERS)"

# Only the files that name a mark are read, which saves the half minute that the collection of all the others takes.
test-servers: $(STAMP)  ## the tests that need a browser or a PostgreSQL server; as root it installs them (Debian)
	$(BIN)/python tests/servers/installation.py
	$(PYTEST) -m "browser or postgres" $$(grep -rlwE --include='test_*.py' 'browser|postgres' tests)

test-packages: $(STAMP)  ## wheel and source archive, in an empty environment outside the checkout; runs the Spaces
	$(BIN)/python -m tests.packaging.check_packages

test-packages-all: $(STAMP)  ## the same with every Space and module, before a release
	$(BIN)/python -m tests.packaging.check_packages --all

# After a change of a command or an option: `.venv/bin/python docs/site/reference_pages.py --write`.
docs: $(STAMP)  ## the documentation site in build/site: built strictly, its links checked, its tutorials executed
	$(BIN)/python docs/site/reference_pages.py
	NO_MKDOCS_2_WARNING=1 $(OFFLINE) $(BIN)/python -m mkdocs build --strict --quiet
	$(BIN)/python docs/site/site_check.py build/site
	$(PYTEST) -n $(WORKERS) -m tutorial $$(grep -rlw --include='test_*.py' 'tutorial' tests)

lint: $(STAMP)  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)  ## let ruff repair and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)  ## mypy, strict
	$(BIN)/python -m mypy

clean:  ## remove caches and build outputs, keep the environment
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
