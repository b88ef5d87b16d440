# Storytime. `make help` lists what can be made; everything installs what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
PORT ?= 8000
AWS_PORT ?= 4566
WEB_PORT ?= 8080
PAGE ?= samples/page.jpg
FOLDER ?= .chalice/terraform/$(STAGE)

RUN := .venv/bin/python
LOCAL := .venv/installed-local
DEV := .venv/installed-dev
EMULATOR := .venv-emulator/installed-emulator
WEB := .venv-web/ready
PYTEST := $(RUN) -m pytest
TSC := .venv-web/bin/node .venv-web/node_modules/typescript/bin/tsc
# One process more than processors: some tests wait for what real AWS clients wait for.
PROCESSES := $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 4 ? n + 1 : 4)))
PARALLEL := --numprocesses $(PROCESSES) --dist loadgroup
LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
       --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)
ADDRESSES = $(if $(EMAIL),--email "$(EMAIL)") $(if $(SENDER),--sender "$(SENDER)")

.PHONY: help demo demo-profile run token deployer-policy deploy destroy package redrive check test \
        prove test-deployed test-web soak bench audit install lock words clean
.NOTPARALLEL: # Two targets never install at the same time.

help: ## Show this list
	@echo "Storytime: photograph a page; hear it read."
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'
	@echo "Settings: PAGE=my.jpg DIRECT=1 (demo), PHOTOS=folder (demo-profile),"
	@echo "          WEB_PORT=8080 PORT=8000 AWS_PORT=4566 (run), HTTPS=1 (run: for phones),"
	@echo "          ENGLISH_VOICE=espeak-ng (demo, run),"
	@echo "          STAGE=local QUEUE=reading (redrive), STAGE=dev NAME=phone (token),"
	@echo "          ACCOUNT=123456789012 REGION=us-east-1 (deployer-policy),"
	@echo "          STAGE=dev EMAIL=you@example.com SENDER=stories@example.com (deploy, package),"
	@echo "          API_ID=abc123 (package),"
	@echo "          KEEP=1 (test-deployed), UPGRADE=1 (lock), PYTHON=python3.12 (all)"

demo: $(LOCAL) ## Turn a page photo into story.mp3 (PAGE=my.jpg; DIRECT=1: straight to S3)
	@ENGLISH_VOICE=$(ENGLISH_VOICE) $(RUN) -m local.demo.page $(if $(filter-out 0,$(DIRECT)),--direct) "$(PAGE)"

demo-profile: $(LOCAL) ## Take photos of people through the profile workflow (PHOTOS=folder)
	@$(RUN) -m local.demo.profile $(if $(PHOTOS),"$(PHOTOS)")

run: $(LOCAL) ## Keep page, API and local AWS running (WEB_PORT=8080; HTTPS=1: for phones)
	@WEB_PORT=$(WEB_PORT) HTTPS=$(HTTPS) PORT=$(PORT) AWS_PORT=$(AWS_PORT) ENGLISH_VOICE=$(ENGLISH_VOICE) exec $(RUN) -m local

token: $(LOCAL) ## Make an API token and a join link for a stage (STAGE=dev NAME=phone)
	@$(RUN) -m infrastructure.commands.token "$(STAGE)" "$(NAME)"

deployer-policy: $(LOCAL) ## Print the IAM policies of a person who deploys (ACCOUNT=... REGION=...)
	@$(RUN) -m infrastructure.iam.deployer $(if $(ACCOUNT),--account "$(ACCOUNT)") $(if $(REGION),--region "$(REGION)")

deploy: $(LOCAL) ## Bring a stage into your AWS account, or up to date (STAGE=dev EMAIL=...)
	@$(RUN) -m infrastructure.commands.deploy "$(STAGE)" $(ADDRESSES) $(if $(ANYWAY),--anyway)

destroy: $(LOCAL) ## Take a stage out of your AWS account, after asking (STAGE=dev)
	@$(RUN) -m infrastructure.commands.destroy "$(STAGE)" $(if $(YES),--yes "$(YES)")

package: $(LOCAL) ## Leave the app in a folder for Terraform (STAGE=dev FOLDER=out API_ID=...)
	@$(RUN) -m infrastructure.commands.package "$(STAGE)" "$(FOLDER)" $(ADDRESSES) \
		$(if $(API_ID),--api-id "$(API_ID)")

redrive: $(LOCAL) ## Put a queue's parked messages back (STAGE=local QUEUE=reading)
	@$(if $(filter local,$(STAGE)),AWS_ENDPOINT_URL="$${AWS_ENDPOINT_URL:-http://127.0.0.1:$(AWS_PORT)}") \
		$(RUN) -m infrastructure.commands.redrive "$(STAGE)" "$(QUEUE)"

check: $(DEV) ## Lint and check types, in seconds
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

test: check ## Check, and run the fast tests: what a commit needs
	$(PYTEST) $(PARALLEL)

prove: $(DEV) ## Run the whole proof: every schedule and every planted bug
	$(PYTEST) $(PARALLEL) -m prove

test-deployed: $(DEV) $(EMULATOR) ## Deploy to an emulated account, try it, destroy it (KEEP=1: leave it up)
	KEEP=$(KEEP) $(PYTEST) tests/deployed -m deployed --capture=no --verbose

test-web: $(DEV) $(WEB) ## Check the types of the web page, and try it in a Chromium
	$(TSC) --project web
	$(TSC) --project web/tsconfig.service-worker.json
	$(PYTEST) tests/web -m web $(PARALLEL)

soak: $(DEV) ## Walk tens of thousands of random walks over the pipeline
	$(PYTEST) -q tests/proof/test_random_walks.py -m prove --hypothesis-profile=soak

bench: $(DEV) $(WEB) ## Measure speed and memory; writes bench/results.json
	$(RUN) -m bench

audit: $(DEV) ## Look up known vulnerabilities of what is installed (asks pypi.org)
	$(RUN) -m pip_audit --local --strict --progress-spinner off

install: $(DEV) $(EMULATOR) $(WEB) ## Install everything now; each target installs what it needs

lock: $(LOCAL) ## Pin what requirements/*.in need (UPGRADE=1: the newest versions)
	$(LOCK) requirements/lambda.in -o requirements.txt
	$(LOCK) requirements/local.in -o requirements/local.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	$(LOCK) requirements/emulator.in -o requirements/emulator.txt
	$(LOCK) requirements/web.in -o requirements/web.txt

words: $(LOCAL) ## Make the lists of words in vendor/hyphens anew, in two minutes
	.venv/bin/uv run --no-project --python $(RUN) --with pyspellchecker==0.9.1 \
		python -m infrastructure.word_lists

clean: ## Remove everything that was made
	rm -rf .venv .venv-emulator .venv-web .mypy_cache .pytest_cache .ruff_cache .hypothesis bench/results.json \
		read-along.json story.json story.mp3 story.vtt
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(LOCAL): requirements/local.txt
$(DEV): requirements/dev.txt
$(EMULATOR): requirements/emulator.txt | $(LOCAL) # uv, which installs it, is in .venv
$(WEB): requirements/web.txt requirements/npm/package-lock.json | $(DEV) # Playwright is in .venv
	@$(PYTHON) requirements/web.py
$(LOCAL) $(DEV) $(EMULATOR):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Storytime needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@$(PYTHON) requirements/install.py $(subst installed-,,$(@F))
