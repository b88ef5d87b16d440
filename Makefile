# Storytime. `make help` lists what can be made; everything installs what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
PORT ?= 8000
AWS_PORT ?= 4566
PAGE ?= samples/page.jpg
FOLDER ?= .stages/$(STAGE)/terraform

VENV := .venv
INSTALLED := $(VENV)/installed
RUN := $(VENV)/bin/python
EMULATOR := .venv-emulator
EMULATOR_INSTALLED := $(EMULATOR)/installed
ADDRESSES = $(if $(EMAIL),--email "$(EMAIL)") $(if $(SENDER),--sender "$(SENDER)")

.PHONY: help demo demo-profile run token deploy destroy package redrive test test-deployed check \
        audit soak bench clean

help: ## Show this list
	@echo "Storytime: photograph a page; hear it read."
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'
	@echo "Settings: PAGE=my.jpg DIRECT=1 (demo), PHOTOS=folder (demo-profile),"
	@echo "          PORT=8000 AWS_PORT=4566 (run),"
	@echo "          STAGE=local QUEUE=reading (redrive), STAGE=dev NAME=phone (token),"
	@echo "          STAGE=dev EMAIL=you@example.com SENDER=stories@example.com (deploy, package),"
	@echo "          KEEP=1 (test-deployed), PYTHON=python3.12 (all)"

demo: $(INSTALLED) ## Turn a page photo into story.mp3 (PAGE=my.jpg; DIRECT=1: straight to S3)
	@$(RUN) -m local.demo.page $(if $(filter-out 0,$(DIRECT)),--direct) "$(PAGE)"

demo-profile: $(INSTALLED) ## Take photos of people through the profile workflow (PHOTOS=folder)
	@$(RUN) -m local.demo.profile $(if $(PHOTOS),"$(PHOTOS)")

run: $(INSTALLED) ## Keep the API and the local AWS running (PORT=8000 AWS_PORT=4566)
	@PORT=$(PORT) AWS_PORT=$(AWS_PORT) exec $(RUN) -m local

token: $(INSTALLED) ## Make an API token for a stage (STAGE=dev NAME=phone)
	@$(RUN) -m infrastructure.api_tokens "$(STAGE)" "$(NAME)"

deploy: $(INSTALLED) ## Bring a stage into your AWS account, or up to date (STAGE=dev EMAIL=...)
	@$(RUN) -m infrastructure.deploy "$(STAGE)" $(ADDRESSES) $(if $(ANYWAY),--anyway)

destroy: $(INSTALLED) ## Take a stage out of your AWS account, after asking (STAGE=dev)
	@$(RUN) -m infrastructure.destroy "$(STAGE)" $(if $(YES),--yes "$(YES)")

package: $(INSTALLED) ## Leave the app in a folder for Terraform (STAGE=dev FOLDER=out)
	@$(RUN) -m infrastructure.package "$(STAGE)" "$(FOLDER)" $(ADDRESSES)

redrive: $(INSTALLED) ## Put a queue's parked messages back (STAGE=local QUEUE=reading)
	@$(if $(filter local,$(STAGE)),AWS_ENDPOINT_URL="$${AWS_ENDPOINT_URL:-http://127.0.0.1:$(AWS_PORT)}") \
		$(RUN) -m infrastructure.redrive "$(STAGE)" "$(QUEUE)"

test: check ## Lint, check types, and run the whole test suite
	$(RUN) -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

test-deployed: $(INSTALLED) $(EMULATOR_INSTALLED) ## Deploy to an emulated account, try it, destroy it (KEEP=1: leave it up)
	KEEP=$(KEEP) $(RUN) -m pytest tests/deployed -m deployed --capture=no --verbose

check: $(INSTALLED) ## Lint and check types, in seconds
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

audit: $(INSTALLED) ## Look up known vulnerabilities of what is installed (asks pypi.org)
	$(RUN) -m pip_audit --local --strict --progress-spinner off

soak: $(INSTALLED) ## Walk tens of thousands of random walks over the pipeline
	$(RUN) -m pytest -q tests/proof/test_random_walks.py --hypothesis-profile=soak

bench: $(INSTALLED) ## Measure speed and memory; writes bench/results.json
	$(RUN) -m bench

clean: ## Remove everything that was made
	rm -rf $(VENV) $(EMULATOR) .mypy_cache .pytest_cache .ruff_cache .hypothesis story.mp3 bench/results.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# chalice packages with pip's own internals, which pip 26.3 removed.
$(INSTALLED): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Storytime needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@echo "Installing into $(VENV) (once; a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check 'pip<26.3' setuptools wheel
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Of its own: the emulator pins another version of the AWS client.
$(EMULATOR_INSTALLED): requirements-emulator.txt
	@echo "Installing into $(EMULATOR) (once) ..."
	@$(PYTHON) -m venv $(EMULATOR)
	@$(EMULATOR)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-emulator.txt
	@touch $@
