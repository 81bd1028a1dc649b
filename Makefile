# Two commands matter: `make up` runs the main job here, `make test` passes the tests.
PYTHON ?= python3
ENGINE ?= auto
STACK  ?= local

BIN      := .venv/bin
LOCAL    := $(CURDIR)/.local
MATERIAL := examples/material
GOLDEN   := tests/review/golden
UNIT     := tests/pulumi_metastudio tests/metastudio_emulator tests/pulumi_embedded tests/test_structure.py
CI       := examples/ci
SCHEMA   := $(BIN)/check-jsonschema --builtin-schema
EMULATOR := $(BIN)/metastudio emulator --data $(LOCAL)/emulator

# The stack of this folder lives in this folder, whatever the shell is logged in to.
export PULUMI_BACKEND_URL := file://$(LOCAL)/state
export PULUMI_CONFIG_PASSPHRASE_FILE := $(LOCAL)/passphrase
unexport PULUMI_CONFIG_PASSPHRASE

.PHONY: up down test test-lowest live storm judge check bench format screenshots docs newcomer changelog dist clean

up: .venv/runs $(LOCAL)/passphrase
	@$(BIN)/metastudio samples $(MATERIAL) >/dev/null
	@env=$$($(EMULATOR) --detach --print env) && eval "$$env" && \
	$(BIN)/metastudio up --yes --stack $(STACK) --engine $(ENGINE)

down: .venv/runs $(LOCAL)/passphrase
	@env=$$($(EMULATOR) --detach --print env) && eval "$$env" && \
	$(BIN)/metastudio destroy --yes --stack $(STACK) --engine $(ENGINE)
	@$(EMULATOR) --stop

test: .venv/tests
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# The lowest versions that pyproject.toml allows, on an interpreter of choice:
# `make test-lowest PYTHON=python3.10`. Tools are the newest. Fewer random examples: it is slower there.
test-lowest: .venv-lowest/tests
	METASTUDIO_EXAMPLES=20 .venv-lowest/bin/python -m pytest $(UNIT) $(ARGS)

# A few stack tests against the account in the environment; docs/probe.md says what they may do.
live: .venv/tests
	METASTUDIO_LIVE=1 $(BIN)/python -m pytest -m live tests/live $(ARGS)

storm: .venv/tests
	$(BIN)/python -m tests.crash_storm --runs 100 $(ARGS)
	$(BIN)/python -m tests.crash_storm --runs 100 --parties 2 $(ARGS)

judge: .venv/tests
	$(BIN)/python -m tests.judge.judge --runs 300 $(ARGS)

check: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@told=$$(PATH=$(CURDIR)/$(BIN):$$PATH PYRIGHT_PYTHON_IGNORE_WARNINGS=1 \
	pyright --ignoreexternal --verifytypes pulumi_metastudio) || { echo "$$told"; exit 1; }
	$(BIN)/deptry provider
	$(BIN)/deptry provider/pulumi_metastudio --ignore DEP002 -oddg emulator,dev,docs
	$(BIN)/deptry provider/metastudio_emulator --ignore DEP002 -oddg embedded,fsspec,dev,docs
	$(BIN)/deptry provider/pulumi_embedded --ignore DEP002 -oddg emulator,fsspec,dev,docs
	$(SCHEMA) vendor.github-workflows $(CI)/github/workflows/*.yml $(CI)/shards/avatars-shards.yml
	$(SCHEMA) vendor.github-actions $(CI)/github/actions/*/action.yml
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(BIN)/zizmor --quiet --offline --min-severity medium .github
	$(SCHEMA) vendor.gitlab-ci --data-transform gitlab-ci $(CI)/gitlab/.gitlab-ci.yml $(CI)/shards/*.gitlab-ci.yml
	$(BIN)/shellcheck $(CI)/scripts/*.sh tools/*.sh

bench: .venv/tests
	$(BIN)/python -m benchmarks $(ARGS)

# The README's ten minutes, from a clone and an empty home: without the Pulumi CLI, and with it.
newcomer: .venv/tests
	$(BIN)/python -m tests.newcomer.newcomer

# The reference anew from the code, and the documentation as a site, in site/.
docs: .venv/docs
	$(BIN)/python -m docs.generate
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

# The pictures in docs/pictures: reviews are drawn by the chromium on PATH, terminals are real runs.
screenshots: .venv/tests
	$(BIN)/python docs/screenshots.py --only closed $(GOLDEN)/new.md $(GOLDEN)/video_after_training.md
	$(BIN)/python docs/screenshots.py --only open $(GOLDEN)/hostile_names.md $(GOLDEN)/video_after_training.md
	$(BIN)/python -m docs.scenes --engine $(ENGINE)

# Each line of the changelog that names no commit gets the one that wrote it: see whether it fits.
changelog: .venv/tests
	$(BIN)/python tools/release.py link

# What is published: the source distribution, and the wheel that is built from it.
dist: .venv/dist
	rm -rf dist
	PIP_CONSTRAINT=$(CURDIR)/constraints.txt $(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

format: .venv/tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-lowest .local site dist Pulumi.local.yaml $(MATERIAL) .pytest_cache .mypy_cache .ruff_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

# What runs a stack here, and what the tests need on top; each is installed once per change.
.venv/runs: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all]'
	@touch $@

.venv/tests: .venv/runs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# Beside the tests' environment, which does without it.
.venv/docs: .venv/tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

.venv/dist: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt build twine
	@touch $@

# pip knows no "lowest": uv resolves what the package needs, and adds the tools to that.
.venv-lowest/tests: LOWEST := .venv-lowest/bin/uv pip
.venv-lowest/tests: pyproject.toml
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(LOWEST) compile --quiet --resolution lowest-direct --extra all --extra fsspec \
		--python .venv-lowest/bin/python pyproject.toml --output-file .venv-lowest/lowest.txt
	$(LOWEST) install --quiet --python .venv-lowest/bin/python \
		--constraint .venv-lowest/lowest.txt --editable '.[dev]'
	@touch $@

$(LOCAL)/passphrase:
	@mkdir -p $(LOCAL)/state && umask 077 && \
	$(PYTHON) -c 'import secrets; print(secrets.token_urlsafe())' > $@
