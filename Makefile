# `make demo` shows the pipeline on this machine; `make check`, `make test` and `make image` are what CI runs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
REQUIREMENTS := requirements.txt requirements-dev.txt constraints-dev.txt
# The environment lives outside the clone, keyed by the requirements, so that a second clone is ready at once.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/parakeet-transcription
KEY := $(shell { $(PYTHON) --version; cat $(REQUIREMENTS); } | sha256sum | cut -c1-16)
ENVIRONMENT := $(CACHE)/venv-$(KEY)
BIN := .venv/bin

UPLOADS ?= 1000
SEED ?= 1
REAL_SHARE ?= 0.1

ENGINE ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo docs check test hooks image soak bench audit sbom clean

help: ## What can be made
	@sed -nE 's/^##@ (.*)/\n\1/p; s/^([a-z]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

##@ Begin

setup: ## The Python environment, in .venv
	@mkdir -p "$(CACHE)"
	@exec 9>"$(ENVIRONMENT).lock"; flock 9; \
	if [ ! -e "$(ENVIRONMENT)/complete" ]; then \
		echo "Installing the environment into $(ENVIRONMENT) (a few minutes, once)"; \
		rm -rf "$(ENVIRONMENT)"; \
		$(PYTHON) -m venv "$(ENVIRONMENT)"; \
		"$(ENVIRONMENT)/bin/python" -m pip install --quiet --requirement requirements-dev.txt --constraint constraints-dev.txt; \
		"$(ENVIRONMENT)/bin/python" -m pip install --quiet $$(grep -E '^(pip|setuptools)==' constraints-dev.txt); \
		touch "$(ENVIRONMENT)/complete"; \
	fi
	@ln -sfn "$(ENVIRONMENT)" .venv
	@$(BIN)/python -m local.environment

demo: setup ## Deploy to this machine, transcribe the samples, take it down
	@$(BIN)/python -m local demo

##@ Before each commit

docs: setup ## Write the settings into Pulumi.yaml and the page on configuration
	@$(BIN)/python -m docs.generate

check: setup ## Lint, formatting, types, imports, Dockerfile, known vulnerabilities
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint image/Dockerfile
	@image/audit.sh

test: setup ## All tests, a process a core, four at most
	@OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

hooks: setup ## Let git run ruff and mypy before each commit
	@$(BIN)/pre-commit install

##@ Longer trials

image: setup ## Build the worker's image and run its worker as a Batch job: ENGINE=auto|buildah|docker|podman
	@$(BIN)/python -m image_trial --engine $(ENGINE) --cache "$(CACHE)/images"

soak: setup ## A long campaign of uploads while everything fails: UPLOADS=1000 SEED=1 REAL_SHARE=0.1
	@$(BIN)/python -m tests.faults --uploads $(UPLOADS) --seed $(SEED) --real-share $(REAL_SHARE)

bench: setup ## The measurements that docs/benchmarks.md quotes
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.memory 1
	@$(BIN)/python -m benchmarks.image_size --engine $(ENGINE) --cache "$(CACHE)/images"

##@ What the image holds

audit: setup ## Look for known vulnerabilities of its packages, by OSV; fail where there are some
	@image/audit.sh

sbom: setup ## List its packages and licences: .local/sbom.cdx.json (CycloneDX), THIRD_PARTY.md
	@mkdir -p .local
	@$(BIN)/python -m image.sbom > .local/sbom.cdx.json
	@$(BIN)/python -m image.third_party > .local/THIRD_PARTY.md
	@mv .local/THIRD_PARTY.md .

##@ Tidy up

clean: ## Remove what was made in this folder (the cached environment stays)
	@rm -rf .venv .local .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
