SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup up test check system-packages
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: ## make .venv and install what the requirement files name; nothing when nothing changed
	@.ci/setup

up: setup ## start everything and print the address; Ctrl-C stops it
	@exec $(PY) -m mmsearch_site.supervise

test: setup system-packages ## the whole test suite
	@exec $(PY) -m pytest

check: setup ## what a change must pass: style, import directions, types, migrations, tests
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@.venv/bin/lint-imports
	@.venv/bin/mypy .
	@$(PY) manage.py makemigrations --check --dry-run
	@$(MAKE) test

system-packages:
	@.ci/system-packages
