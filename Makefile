# Every command of this project. `make help` lists them.

PYTHON ?=
STAGE ?= local
RUNS ?= 1
EXAMPLES ?= 60
SECONDS ?= 30
UPLOADS ?= 100
MEGABYTES ?= 1
bin := .venv/bin
# num2words needs it for its command line alone, and it has no wheel.
no_docopt := --no-emit-package docopt
# pocketsphinx needs it for microphones alone.
no_sounddevice := --no-emit-package sounddevice
# Operator tools run with the environment of the running local stack, or for other stages with the shell's.
stage_environment = $(if $(filter local,$(STAGE)),$(bin)/python -m localstack.environment)

.DEFAULT_GOAL := help
.PHONY: help install run up down token api test test-all test-survival test-deployments test-faults test-listening test-localstack test-api test-browsers pictures fuzz-api fuzz-files voices voice-list voice-samples check format lock bundle deploy migrate-status logs clean
.PHONY: load plan destroy backup restore restore-database check-data import-old

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install:  ## create or update .venv from the lock file (every target does so)
	@PYTHON="$(PYTHON)" .ci/venv

run: install  ## start everything, read a sample aloud, serve until Ctrl-C
	@$(bin)/python -m localstack.stack run

up: install  ## start in the background; if it runs already, deploy the current code into it
	@$(bin)/python -m localstack.stack up

down: install  ## stop the local stack; its data is kept in .local/
	@$(bin)/python -m localstack.stack down

token: install  ## print a bearer token: make -s token USER=alice
	@$(bin)/python -m localstack.token $(if $(filter command line,$(origin USER)),"$(USER)")

api: install  ## print the URL of the running stack's API: make -s api
	@$(bin)/python -c 'from localstack.home import Home; print(Home.chosen().endpoints()["api"])'

test: install  ## run the unit, integration and end-to-end tests
	@$(bin)/python -m pytest

test-all: install  ## run every test, also those that take minutes and are in no other target
	@HYPOTHESIS_PROFILE=searching $(bin)/python -m pytest -m "not localstack"

test-survival: install  ## kill workers at every step of a speech job, and deploy while jobs run, on separate stacks; takes ~8 minutes
	@$(bin)/python -m pytest -n0 -s -m long tests/e2e/test_killed_workers.py tests/e2e/test_deployment_in_flight.py tests/e2e/test_survival.py

test-deployments: install  ## deploy, change, break, roll back and destroy a stage on a separate stack; takes ~5 minutes
	@$(bin)/python -m pytest -n0 -m long tests/e2e/test_deployments.py

test-faults: install  ## break every service that a function uses, in five ways; prints the matrix; takes ~10 minutes
	@$(bin)/python -m pytest -n 3 -m "long or not long" tests/faults

test-listening: install  ## cancel, resume and play a speech job of 100,000 characters in a browser, on a separate stack
	@$(bin)/python -m pytest -n0 -m long tests/e2e/test_listening.py

test-localstack: install  ## test storage, uploads in parts and queues against LocalStack 4.14; needs Python 3.13
	@$(bin)/python -m pytest -n0 -m localstack tests/localstack

test-api: install  ## run the live suite: make test-api [BASE_URL=… TOKEN=… OTHER_TOKEN=… LEAVING_TOKEN=…] [RUNS=10]; default: the local stack
	@BASE_URL="$(BASE_URL)" TOKEN="$(TOKEN)" OTHER_TOKEN="$(OTHER_TOKEN)" LEAVING_TOKEN="$(LEAVING_TOKEN)" ORIGIN="$(ORIGIN)" $(bin)/python -m tests.api --runs "$(RUNS)"

load: install  ## load test: many concurrent uploads, each followed until it is ready: make load [BASE_URL=… TOKEN=…] [UPLOADS=100 MEGABYTES=1]
	@BASE_URL="$(BASE_URL)" TOKEN="$(TOKEN)" $(bin)/python -m bench.load --uploads "$(UPLOADS)" --megabytes "$(MEGABYTES)"

test-browsers: install  ## test the page in Chromium, Firefox and WebKitGTK, as far as installed
	@$(bin)/python -m tests.browser

pictures: install  ## take the pictures of the documentation, and screenshots of every screen of the running stack's page, light and dark, wide and narrow, in build/pictures
	@$(bin)/python -m tests.browser.doc_pictures
	@$(bin)/python -m tests.browser.pictures

fuzz-api: install  ## fuzz the API with thousands of generated requests: make fuzz-api [BASE_URL=… TOKEN=…] [EXAMPLES=60]; default: the local stack
	@BASE_URL="$(BASE_URL)" TOKEN="$(TOKEN)" $(bin)/python -m tests.fuzz --examples "$(EXAMPLES)"

voice-list: install  ## refresh the voices of Speechify that the next deployment offers: SPEECHIFY_API_KEY=… make voice-list
	@$(bin)/python -m infra.operate.voice_list

voice-samples: install  ## make the samples of a stage's paid voices: TTS_PROVIDERS=polly make voice-samples STAGE=prod
	@$(bin)/python -m infra.operate.voice_samples --stage $(or $(STAGE),local)

voices: install  ## check the configured voice providers: compare their voices, synthesize a sentence: SPEECHIFY_API_KEY=… make voices
	@$(bin)/python -m infra.operate.voices

fuzz-files: install  ## fuzz the inspection with mutated files: make fuzz-files [SECONDS=30]
	@$(bin)/python -m tests.fuzz_inspection --seconds "$(SECONDS)"

check: install  ## check lint, format, types, CloudFormation templates and the page
	@.ci/check

format: install  ## format, and fix what can be fixed automatically
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .
	@$(bin)/python -m infra.packaging.web format

lock: install  ## update the lock files from requirements/*.in
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' $(no_docopt) $(no_sounddevice) requirements/dev.in -o requirements-dev.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' $(no_docopt) -c requirements-dev.txt requirements/lambda.in -o requirements.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' $(no_sounddevice) -c requirements-dev.txt requirements/audio_checks.in -o requirements/audio_checks.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/audio_export.in -o requirements/audio_export.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/documents.in -o requirements/documents.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/migrations.in -o requirements/migrations.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/recognition.in -o requirements/recognition.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' -c requirements-dev.txt requirements/voice.in -o requirements/voice.txt
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command 'make lock' requirements/node.in -o requirements/node.txt
	$(bin)/uv pip compile --quiet --python-version 3.13 --exclude-newer 2026-03-01 --generate-hashes --no-annotate --custom-compile-command 'make lock' requirements/localstack.in -o requirements/localstack.txt

bundle: install  ## build the release for both processors, and list its contents
	@$(bin)/python -m infra.packaging.bundle --stage prod --architecture arm64 --sizes
	@$(bin)/python -m infra.packaging.bundle --stage prod --architecture x86_64 --sizes

deploy: install  ## deploy a stage: make deploy STAGE=prod (local: same as make up)
	@if [ "$(STAGE)" = local ]; then $(bin)/python -m localstack.stack up; else $(bin)/python -m infra.deploy.deploy --stage "$(STAGE)"; fi

plan: install  ## show what `make deploy` would change, and what the stage costs: make plan STAGE=prod
	@$(bin)/python -m infra.deploy.deploy --stage "$(STAGE)" --plan

destroy: install  ## destroy a stage, but keep its data: make destroy STAGE=dev (with data: docs/deployment.md)
	@$(bin)/python -m infra.deploy.deploy --stage "$(STAGE)" --destroy

backup: install  ## back up rows and objects into the stage's bucket: make backup [NAME=…] [STAGE=prod]; NAME resumes an interrupted one
	@$(stage_environment) $(bin)/python -m infra.operate.backup save $(NAME) --stage "$(STAGE)"

restore: install  ## restore a backup into an empty stage: make restore NAME=… [STAGE=prod]
	@$(stage_environment) $(bin)/python -m infra.operate.backup restore $(NAME) --stage "$(STAGE)"

restore-database: install  ## restore the database to a moment, as a new one: make restore-database TO=2026-11-22T10:00:00Z STAGE=prod
	@$(bin)/python -m infra.deploy.deploy --stage "$(STAGE)" --restore-database "$(TO)"

check-data: install  ## check that every row has its object: make check-data [STAGE=prod]
	@$(stage_environment) $(bin)/python -m infra.operate.backup check --stage "$(STAGE)"

import-old: install  ## import media from the legacy stack: make import-old MAPPING=old.toml [STAGE=prod] [DRY_RUN=1]
	@$(stage_environment) $(bin)/python -m infra.legacy_import.import_library "$(MAPPING)" --stage "$(STAGE)" $(if $(DRY_RUN),--dry-run)

migrate-status: install  ## print the revision of the database at DATABASE_URL, or of the running local stack
	@$(bin)/python -m localstack.stack revision

logs: install  ## follow the local stack's log, including the functions' output
	@tail -n 50 -F "$${LOCAL_STACK:-.local}/emulator/log"

clean:  ## delete everything generated: state, builds, caches
	@[ ! -x $(bin)/python ] || $(bin)/python -m localstack.stack down
	rm -rf .local build .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
