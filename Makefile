# Everything that a day's work needs. `make run` on a fresh clone ends with a marketplace on http://localhost:3000.

SHELL := /bin/bash
PYTHON := .venv/bin/python
NODE := .venv/bin/node
NPM_TOOLS := tools/js/node_modules/.bin
export PYTHONPATH := .

.PHONY: help run dev test coverage check format words bench storm lock browser clean set-up set-up-dev
.DEFAULT_GOAL := help

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: set-up ## the marketplace as in production, with embedded data
	@exec $(PYTHON) -m marketplace.cli run

dev: set-up-dev ## the same, reloading on change
	@exec $(PYTHON) -m marketplace.cli dev

test: set-up-dev ## every test; make test ARGS="tests/ground -k money" runs some
	@HOLDFAST_BROWSER="$$(bin/ensure-browser)" $(PYTHON) -m pytest $(ARGS)

coverage: set-up-dev ## how much of rooms, ground floor and API the tests reach; fails below 95 % of lines and branches
	$(PYTHON) -m pytest -q --cov --cov-branch --cov-fail-under=95 --ignore=tests/journeys

check: set-up-dev ## style, types, import contracts, migrations, JavaScript
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(NODE) $(NPM_TOOLS)/biome lint --config-path=tools/js/lint.jsonc --error-on-warnings --diagnostic-level=info assets tests
	$(NODE) $(NPM_TOOLS)/tsc --project tools/js
	$(PYTHON) -m pytest -q tests/test_migrations.py

format: set-up-dev ## let ruff arrange the code
	$(PYTHON) -m ruff check --fix-only --quiet .
	$(PYTHON) -m ruff format .

words: set-up-dev ## bring the catalogues of translations up to date with the code
	$(PYTHON) -m marketplace.cli words

bench: set-up-dev ## benchmarks; ratios measured side by side in one run
	@$(PYTHON) -m bench.inventory; inventory=$$?; HOLDFAST_BROWSER="$$(bin/ensure-browser)" $(PYTHON) -m bench && exit $$inventory

storm: set-up-dev ## two minutes of kills, flushes and pauses under 200 buyers, then the books are checked; make storm SEED=7
	@$(PYTHON) -m tests.storm --seed "$(SEED)" --actors "$(or $(ACTORS),200)" --seconds "$(or $(SECONDS),120)"

lock: set-up-dev ## write requirements/*.txt and tools/js/package-lock.json anew from what is wanted
	@bin/lock

browser: set-up-dev ## find, or fetch, a browser for the journeys
	@bin/ensure-browser

clean: ## forget what was built and tried out (.data and .venv too)
	rm -rf .venv tools/js/node_modules .web .data .states .coverage htmlcov test-results
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

set-up:
	@bin/set-up run

set-up-dev:
	@bin/set-up dev
