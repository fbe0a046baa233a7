# Needs python3 >= 3.11 (pip, venv), make and git. Start with make demo; make test runs everything that CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Benchmarks have an environment of their own: readability and newspaper4k need older versions of two packages.
BENCH := .venv-bench
# Extras of pyproject.toml to install, and options of pytest: CI has more of both (.ci/run).
EXTRAS ?= dev
PYTEST_OPTIONS ?=

.PHONY: demo test lint chaos bench newest clean schemas

# The stamp means "everything in constraints.txt is installed". The stamp is made last, so an interrupted set-up starts again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newsline needs Python 3.11 or newer, and %s is %s: make PYTHON=/path/to/python3.11" % (sys.executable, sys.version.split()[0]))'
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

demo: $(STAMP)
	@$(BIN)/python -m tests.sites.demo

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 3 --dist loadgroup -q $(PYTEST_OPTIONS)  # three processes for two cores: each waits for half of the time

# 2,000 pages and 40 kills a seed, then full disks and full memory, then a thousand hostile sites. Optional: make chaos SEED=7 SEEDS=10
chaos: $(STAMP)
	$(BIN)/python -m tests.chaos.run $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS))
	$(BIN)/python -m tests.chaos.full
	$(BIN)/python -m tests.fuzz.crawl --sites 1000 $(if $(SEED),--seed $(SEED))

$(BENCH)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(BENCH) (once; about a minute) ..."
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --disable-pip-version-check --quiet --upgrade pip  # pip 23.2 fails on the extras of a peer
	@grep -vE '^(cssselect|python-dateutil)==' constraints.txt > $(BENCH)/constraints.txt
	@$(BENCH)/bin/python -m pip install --quiet -c $(BENCH)/constraints.txt -e '.[peers,training]'
	@touch $@

# Print every figure beside the target and the peers' figure (docs/performance.md). A single benchmark: make bench BENCHMARK=startup
bench: $(BENCH)/.installed
	$(BENCH)/bin/python -m tests.benchmarks $(BENCHMARK)

# The tests against the newest versions of all packages, within our pins and beyond. One round: make newest ROUND=within
newest: $(STAMP)
	$(BIN)/python -m tests.newest $(ROUND)

schemas: $(STAMP)  # writes schemas/json/*.json and docs/record.md anew from the models
	$(BIN)/python -m schemas.json_schema
	$(BIN)/python -m schemas.record_page

clean:
	rm -rf $(VENV) $(BENCH) .venv-newest-* build *.egg-info
