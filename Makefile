SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
MEMBERS := $(wildcard libs/*) $(wildcard services/*)
PINS := $(wildcard requirements/*.txt) $(addsuffix /pyproject.toml,$(MEMBERS)) tools/setup.sh
DATA_DIR ?= var
TESTS ?= tests
ARGS ?=
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.ready-run: $(PINS)
	@PYTHON=$(PYTHON) tools/setup.sh run

$(VENV)/.ready-dev: $(PINS)
	@PYTHON=$(PYTHON) tools/setup.sh dev

.PHONY: setup
setup: $(VENV)/.ready-dev ## Make .venv with everything for work on the code (needs Python 3.11 or newer)
	@:

.PHONY: run
run: $(VENV)/.ready-run ## Start all services on SQLite with simulated shop and books (PORT, SANDBOX_PORT, DATA_DIR, ADMIN_TOKEN, DEMO_RATE)
	@exec $(PY) -m standalone demo

.PHONY: sandbox
sandbox: $(VENV)/.ready-run ## Start the simulators alone (SANDBOX_PORT, DATA_DIR, DEMO_RATE)
	@exec $(PY) -m sandbox

.PHONY: run-cluster
run-cluster: $(VENV)/.ready-run ## Start PostgreSQL, Kafka and each service natively (or use DATABASE_URL, KAFKA_BOOTSTRAP)
	@exec $(PY) -m tools.cluster

.PHONY: env
env: ## Write .env for docker compose, with fresh secrets
	@$(PYTHON) tools/make_env.py

.PHONY: test
test: $(VENV)/.ready-dev ## Run all tests; what needs Java, PostgreSQL or Docker is skipped without it (TESTS=tests/unit, ARGS=-x)
	@$(PY) -m tools.servers.fetch
	@$(PY) -m pytest $(TESTS) -n 2 --dist loadgroup $(ARGS)

.PHONY: check
check: $(VENV)/.ready-dev ## Look at the code without running it: format, lint, import rules, types, migrations
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports --no-logo
	$(PY) -m mypy libs services tools tests
	$(PY) -m tools.check_migrations

.PHONY: fmt
fmt: $(VENV)/.ready-dev ## Lay out the code and repair what can be repaired by itself
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.ready-dev ## Measure requests per document, contacts, use of the rate limit, latency and throughput
	@exec $(PY) -m bench $(ARGS)

.PHONY: thorough
thorough: $(VENV)/.ready-dev ## Try the laws of the amounts on many more baskets (PROPERTY_EXAMPLES, BASKETS)
	@PROPERTY_EXAMPLES=$${PROPERTY_EXAMPLES:-100000} BASKETS=$${BASKETS:-1000000} $(PY) -m pytest tests/property/test_amounts.py \
		tests/property/test_any_input.py tests/property/test_hundred_thousand_baskets.py -n 2 --dist loadgroup --timeout 0 $(ARGS)

.PHONY: mutation
mutation: $(VENV)/.ready-dev ## Change the decision core in many small ways and list the changes no test notices
	@$(PY) -m tools.mutation $(ARGS)

.PHONY: tax-cases
tax-cases: $(VENV)/.ready-dev ## Write docs/tax-cases.md from the tests' tax cases
	@PYTHONPATH=tests $(PY) -m cases

.PHONY: lock
lock: $(VENV)/.ready-dev ## Pin what requirements/*.in ask for, newest versions with hashes
	$(LOCK) --upgrade requirements/run.in --output-file requirements/run.txt
	$(LOCK) --upgrade requirements/dev.in --constraint requirements/run.txt --output-file requirements/dev.txt

.PHONY: clean
clean: ## Remove .venv and caches; the local data in DATA_DIR (var/) stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -e "$(DATA_DIR)" ]; then echo "The data in $(DATA_DIR) is kept; make clean-data removes it."; fi

.PHONY: clean-data
clean-data: ## Remove the local data in DATA_DIR (var/) after asking: documents, keys, token
	@tools/clean_data.sh "$(DATA_DIR)"
