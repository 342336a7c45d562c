# Two commands on a fresh machine: `make demo` and `make test`. Needs Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test check format bench bench-short test-long gallery guide clean

help:
	@echo "make demo    run the main job on invented data: from a news page to mails, and out again"
	@echo "make test    install what the tests need and run them"
	@echo "make check   format, lint, types, who imports whom, and whether the docs are true"
	@echo "make format  format the code"
	@echo "make test-long  kill a sender 200 times, and the like; ONLY=sqlite KILLS=60 for a part of it"
	@echo "make bench   how fast, and against what; make bench-short takes two minutes"
	@echo "make gallery an issue in every view, as pictures; PAGE=file for a news page of yours"
	@echo "make guide   the pictures of docs/editor-guide.sv.md anew"
	@echo "make clean   remove what the other targets made"

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed. Say which: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv
	@echo "Installing; the first time takes a minute or two."
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/installed
	@$(BIN)/newsletter demo

test: .venv/installed
	$(BIN)/pytest -n auto -rs

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/test_docs.py tests/test_translations.py

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

BENCHMARKS := rendering messages signing pieces sending million pages desk web workers lists

bench: .venv/installed
	@for name in $(BENCHMARKS); do \
		echo; echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; \
	done

bench-short:
	@SHORT=1 $(MAKE) --no-print-directory bench

# In pieces: make test-long ONLY="sqlite and killed" KILLS=60
KILLS ?= 200
ROWS ?= 10000
ONLY ?=

test-long: .venv/installed
	KILLS=$(KILLS) ROWS=$(ROWS) $(BIN)/pytest -rs -k "$(ONLY)" tests/journeys/test_a_killed_sender.py \
		tests/journeys/test_many_claim.py tests/journeys/test_what_goes_away.py

gallery: .venv/installed
	@$(BIN)/python -m tests.gallery $(PAGE)

guide: .venv/installed
	@$(BIN)/python -m tests.guide

clean:
	rm -rf .venv demo gallery .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
