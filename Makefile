# Each target sets itself up: a fresh checkout needs only Python 3.11 or later, make and git.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TRACKER := airtable
RUNS := 2000

.PHONY: demo serve test storm check coverage bench mutants record clean

demo: $(READY) ## the whole main job against stand-ins of every service
	@$(BIN)/quarterday demo --tracker $(TRACKER)

serve: $(READY) ## the same, kept running with pages to play in
	@$(BIN)/quarterday demo --serve --tracker $(TRACKER)

test: $(READY) ## every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q

storm: $(READY) ## people's hands between any two requests of the worker: thousands of runs on each tracker (an hour)
	STORM_RUNS=$(RUNS) $(BIN)/python -m pytest -n 2 --dist worksteal -q tests/storms

coverage: $(READY) ## planning and engine: every line and every branch
	$(BIN)/python -m pytest -n 2 -q tests/planning tests/domain tests/engine tests/test_rules.py \
		tests/flows/test_rules_commands.py --cov=worker/planning --cov=worker/engine --cov-branch \
		--cov-report=term-missing:skip-covered --cov-fail-under=100

check: $(READY) ## style, types, who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(READY) ## counted calls and CPU beside a row-by-row baseline
	$(BIN)/python -m tests.bench

mutants: $(READY) ## which changes to the money rules no test notices; one module: MODULE=worker/planning/tiers.py
	$(BIN)/python -m tests.mutants $(MODULE)

record: $(READY) ## make the cassettes anew (from the sandbox, or from live accounts where their tokens are set)
	$(BIN)/python -m tests.connectors.record

clean: ## forget the installed packages
	rm -rf .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Quarterday needs Python 3.11 or later; say which with PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv 2>/dev/null || $(MAKE) --no-print-directory venv-package
	@# --no-deps: the lock is complete, and pip would ask for newer versions of extras (coverage[toml]) than it pins.
	@echo "Installing the locked versions into .venv/ (once; about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

# Debian keeps venv in a package of its own.
.PHONY: venv-package
venv-package:
	@rm -rf .venv
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; \
	else echo "Python's venv is missing: sudo apt-get install python3-venv, then again"; exit 1; fi
	@$(PYTHON) -m venv .venv
