# Every word does its own set-up, in a virtual environment made with the machine's python3 and pip.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PYTEST_ARGS ?= -n 2

.PHONY: demo test check fmt bench notebooks docs test-versions compare clean

demo: $(VENV)/.demo
	$(BIN)/cncoding demo $(DEMO_ARGS)

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebooks: $(VENV)/.test
	$(BIN)/python -m tests.run_notebooks

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

docs: $(VENV)/.test
	$(PIP) mkdocs-material
	$(BIN)/mkdocs build --strict

# The lowest and the newest framework versions that pyproject.toml admits, each in an environment of its own.
test-versions:
	PYTHON=$(PYTHON) VENV=$(VENV) sh tests/versions.sh

# The peers bring vendors' SDKs along, which this project must run without: an environment of their own.
compare: $(VENV)-compare/.made
	$(VENV)-compare/bin/python -m benchmarks.compare_langchain --write
	$(VENV)-compare/bin/python -m tests.llamaindex.compare --write

$(VENV)-compare/.made: pyproject.toml
	$(PYTHON) -m venv $(VENV)-compare
	$(VENV)-compare/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[langchain,llamaindex,emulator]' \
	  langchain langgraph langchain-openai langchain-deepseek langchain-qwq langchain-openrouter langchain-litellm \
	  llama-index-llms-openai-like
	touch $@

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(VENV)/bin/python install --quiet pip; }

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[demo]'
	touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[test,recipes]'
	touch $@

$(VENV)/.bench: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[bench]'
	touch $@
