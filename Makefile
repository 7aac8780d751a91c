# Everything one does with this project. `make help` lists it.

PYTHON ?=
USER ?= alice
STAGE ?= local
RUNS ?= 1
EXAMPLES ?= 60
SECONDS ?= 30
UPLOADS ?= 100
MEGABYTES ?= 1
bin := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install run up down token api test test-survival test-listening test-api test-browsers pictures fuzz-api fuzz-files voices check format lock bundle deploy migrate-status logs clean
.PHONY: load plan destroy backup restore check-data import-old

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install:  ## make .venv from the lock file, if it is not up to date (every target does)
	@PYTHON="$(PYTHON)" .ci/venv

run: install  ## start everything, read a sample aloud, serve until Ctrl-C
	@$(bin)/python -m localstack.stack run

up: install  ## the same in the background; with a running stack: deploy the current code into it
	@$(bin)/python -m localstack.stack up

down: install  ## stop it; what it holds stays in .local/
	@$(bin)/python -m localstack.stack down

token: install  ## print a bearer token: make -s token USER=alice
	@$(bin)/python -m localstack.token "$(USER)"

api: install  ## print where the running stack's API is: make -s api
	@$(bin)/python -c 'from localstack.home import Home; print(Home.chosen().endpoints()["api"])'

test: install  ## unit, integration and end-to-end tests
	@$(bin)/python -m pytest

test-survival: install  ## kill workers at every step of a reading, on a stack of its own; ~6 minutes, most of it waiting
	@$(bin)/python -m pytest -n0 -s -m long tests/e2e/test_killed_workers.py

test-listening: install  ## a reading of 100,000 characters on a stack of its own: cancelled, resumed, marks, and played by a browser
	@$(bin)/python -m pytest -n0 -m long tests/e2e/test_listening.py

test-api: install  ## the live suite: make test-api [BASE_URL=… TOKEN=… OTHER_TOKEN=… LEAVING_TOKEN=…] [RUNS=10]; the local stack by default
	@BASE_URL="$(BASE_URL)" TOKEN="$(TOKEN)" OTHER_TOKEN="$(OTHER_TOKEN)" LEAVING_TOKEN="$(LEAVING_TOKEN)" ORIGIN="$(ORIGIN)" $(bin)/python -m tests.api --runs "$(RUNS)"

load: install  ## many uploads at once, all accepted and finished? make load [BASE_URL=… TOKEN=…] [UPLOADS=100 MEGABYTES=1]
	@BASE_URL="$(BASE_URL)" TOKEN="$(TOKEN)" $(bin)/python -m bench.load --uploads "$(UPLOADS)" --megabytes "$(MEGABYTES)"

test-browsers: install  ## the page's whole journey in Chromium, Firefox and WebKitGTK, those that are here
	@$(bin)/python -m tests.browser

pictures: install  ## pictures of every screen of the running stack's page, light and dark, wide and narrow, in build/pictures
	@$(bin)/python -m tests.browser.pictures

fuzz-api: install  ## thousands of generated requests: make fuzz-api [BASE_URL=… TOKEN=…] [EXAMPLES=60]; the local stack by default
	@BASE_URL="$(BASE_URL)" TOKEN="$(TOKEN)" $(bin)/python -m tests.fuzz --examples "$(EXAMPLES)"

voices: install  ## ask the configured voice providers for their voices and for one sentence: SPEECHIFY_API_KEY=… make voices
	@$(bin)/python -m infra.operate.voices

fuzz-files: install  ## change good files until an inspection goes wrong: make fuzz-files [SECONDS=30]
	@$(bin)/python -m tests.fuzz_inspection --seconds "$(SECONDS)"

check: install  ## lint, format, types, CloudFormation, the page
	@.ci/check

format: install  ## format, and repair what can be repaired
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .
	@$(bin)/python -m infra.packaging.web format

lock: install  ## resolve requirements/*.in anew into the lock files
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' requirements/dev.in -o requirements-dev.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/lambda.in -o requirements.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/documents.in -o requirements/documents.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/migrations.in -o requirements/migrations.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' requirements/node.in -o requirements/node.txt

bundle: install  ## build what the cloud gets, for both processors, and list what is in it
	@$(bin)/python -m infra.packaging.bundle --stage prod --architecture arm64 --sizes
	@$(bin)/python -m infra.packaging.bundle --stage prod --architecture x86_64 --sizes

deploy: install  ## deploy: make deploy STAGE=prod (local: the same as make up)
	@if [ "$(STAGE)" = local ]; then $(bin)/python -m localstack.stack up; else $(bin)/python -m infra.deploy.deploy --stage "$(STAGE)"; fi

plan: install  ## what `make deploy` would change, and what the stage costs: make plan STAGE=prod
	@$(bin)/python -m infra.deploy.deploy --stage "$(STAGE)" --plan

destroy: install  ## take a stage away, data stay: make destroy STAGE=dev (with data: docs/deployment.md)
	@$(bin)/python -m infra.deploy.deploy --stage "$(STAGE)" --destroy

backup: install  ## save rows and objects: make backup FOLDER=… [STAGE=prod]; goes on where it was interrupted
	@$(bin)/python -m infra.operate.backup save "$(FOLDER)" --stage "$(STAGE)"

restore: install  ## bring them back into an empty stage: make restore FOLDER=… [STAGE=prod]
	@$(bin)/python -m infra.operate.backup restore "$(FOLDER)" --stage "$(STAGE)"

check-data: install  ## does every row have its object? make check-data [STAGE=prod]
	@$(bin)/python -m infra.operate.backup check --stage "$(STAGE)"

import-old: install  ## bring media over from the old stack: make import-old MAPPING=old.toml [STAGE=prod] [DRY_RUN=1]
	@$(bin)/python -m infra.legacy_import.import_library "$(MAPPING)" --stage "$(STAGE)" $(if $(DRY_RUN),--dry-run)

migrate-status: install  ## the database's revision: of DATABASE_URL, or of the running local stack
	@$(bin)/python -m localstack.stack revision

logs: install  ## follow the local stack's log, with what the functions print
	@tail -n 50 -F "$${LOCAL_STACK:-.local}/emulator/log"

clean:  ## remove what the project made: state, builds, caches
	@[ ! -x $(bin)/python ] || $(bin)/python -m localstack.stack down
	rm -rf .local build .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
