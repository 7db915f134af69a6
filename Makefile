# Two commands: `make demo` serves the Space on this machine, `make test` checks everything.
PYTHON ?= python3
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# Tests that start no server of their own and measure no time: two at once.
ALONE := tests/evaluator tests/leaderboard evaluator

.PHONY: demo test test-slow lint catalogue clean bench-bertscore bench-board \
	bench-bootstrap bench-harness bench-validity

demo: $(VENV)/.installed
	$(BIN)/python app.py

test: $(VENV)/.installed-test
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q -m "not slow" $(ALONE) -n 2 --dist loadfile
	$(BIN)/python -m pytest -q -m "not slow" tests $(ALONE:%=--ignore=%)

test-slow: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -m slow

lint: $(VENV)/.installed-test
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .
	$(BIN)/mypy --no-error-summary

# What the scores are worth, in one table: key points, oracles, canaries (docs/metrics.md).
bench-validity: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.validity

# How long the intervals of a whole board take.
bench-bootstrap: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.bootstrap

# The board with 20 readers, beside a plain page over the same file: JSON lines, eight minutes.
bench-board: $(VENV)/.installed
	@$(BIN)/python -m benchmarks.board

# Baselines asked of a server that answers in 200 ms, beside the client alone: JSON lines, a minute.
bench-harness: $(VENV)/.installed
	@$(BIN)/python -m benchmarks.harness

# Collects the texts to translate into evaluator/locale/zh/LC_MESSAGES/messages.po.
catalogue: $(VENV)/.installed
	$(BIN)/pybabel -q extract -F babel.cfg -k _ -k t --no-location --no-wrap --sort-output \
		-o $(VENV)/messages.pot app.py challenge evaluator leaderboard
	$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d evaluator/locale -l zh \
		--no-wrap --no-fuzzy-matching --ignore-obsolete

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is \
	needed; name one with: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) -r requirements.txt
	@touch $@

$(VENV)/.installed-test: requirements-test.txt $(VENV)/.installed
	$(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_ARGS) -r requirements-test.txt
	@sh tests/install_browser.sh
	@touch $@

clean:
	rm -rf $(VENV) build

# Our BERTScore against bert-score on 900 real pairs: JSON lines, ten minutes on two idle cores.
bench-bertscore: $(VENV)/.installed
	@$(BIN)/python -m benchmarks.bertscore
