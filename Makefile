# Two commands: `make run` and `make test`. Both work on a fresh clone with nothing but Python 3.11.
PYTHON ?= python3
BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check --no-input --require-hashes

.PHONY: run test check bench format clean production-like

run: .venv/.run
	@$(BIN)/python manage.py run

check: .venv/.test
	@scripts/check

test: .venv/.test .venvs/openai-legacy/.installed .venvs/openai-current/.installed .venvs/together/.installed .venvs/trackers/.installed
	@scripts/programs
	@scripts/check
	@scripts/test

# What Dockerfile and compose.yaml start, as plain processes of a user without rights, from sign-in to restored backup.
production-like: .venv/.test
	@scripts/programs
	@$(BIN)/python -m tests.production.like --install

bench: .venv/.test
	@$(BIN)/python -m pytest tests/bench -m bench -s -p no:randomly

format: .venv/.test
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Tunedeck needs Python 3.11 or newer; %s is %s. Set PYTHON=…" % (sys.executable, sys.version.split()[0]))'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.made requirements.lock
	@echo "Installing what Tunedeck needs …"
	@$(BIN)/python $(PIP) -r requirements.lock
	@touch $@

.venv/.test: .venv/.made requirements-test.lock
	@echo "Installing what the tests need …"
	@$(BIN)/python $(PIP) -r requirements-test.lock
	@touch $@ .venv/.run

.venvs/%/.installed: tests/clients/%.lock
	@echo "Installing the official client ($*) …"
	@$(PYTHON) -m venv .venvs/$*
	@.venvs/$*/bin/python $(PIP) -r $<
	@touch $@

clean:
	@rm -rf .venv .venvs .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
