# Two commands are enough on a machine with python3 >= 3.11 (pip, venv), make and git: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# readability and newspaper4k want two packages older than we do: benchmarks have an environment of their own
BENCH := .venv-bench

.PHONY: demo test lint chaos bench clean schemas

# The stamp stands for "everything in constraints.txt is installed": it is made last, so an interrupted set-up starts again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newsline needs Python 3.11 or newer, and %s is %s: make PYTHON=/path/to/python3.11" % (sys.executable, sys.version.split()[0]))'
	@echo "Setting up $(VENV) (once; about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)
	@$(BIN)/python -m tests.sites.demo

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 3 --dist loadgroup -q  # three for two cores: they wait for half of their time

# 2,000 pages and 40 kills a seed, then full disks and full memory; SEED and SEEDS may be given: make chaos SEED=7 SEEDS=10
chaos: $(STAMP)
	$(BIN)/python -m tests.chaos.run $(if $(SEED),--seed $(SEED)) $(if $(SEEDS),--seeds $(SEEDS))
	$(BIN)/python -m tests.chaos.full

$(BENCH)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(BENCH) (once; about a minute) ..."
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --disable-pip-version-check --quiet --upgrade pip  # 23.2 breaks on the extras of a peer
	@grep -vE '^(cssselect|python-dateutil)==' constraints.txt > $(BENCH)/constraints.txt
	@$(BENCH)/bin/python -m pip install --quiet -c $(BENCH)/constraints.txt -e '.[peers,training]'
	@touch $@

# Every figure beside its target and the peers' (docs/performance.md); one of them: make bench BENCHMARK=startup
bench: $(BENCH)/.installed
	$(BENCH)/bin/python -m tests.benchmarks $(BENCHMARK)

schemas: $(STAMP)  ## write schemas/json/*.json again from the models
	$(BIN)/python -m schemas.json_schema

clean:
	rm -rf $(VENV) $(BENCH) build *.egg-info
