# Every word does its own set-up, in a virtual environment made with the machine's python3 and pip. What pip fetches into
# it is uv, which does the rest: from a cache and in a fraction of the time.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := UV_LINK_MODE=copy $(BIN)/uv pip install --quiet
INSTALL := $(UV) --python $(BIN)/python --constraint constraints.txt
# Many tests wait for a server that is slow on purpose: more workers than cores of a small machine.
PYTEST_ARGS ?= -n 4 --dist worksteal
CLIENTS_ARGS ?= --write
LOWEST ?= tests

# uv does not read pip's settings: an index that pip was given is told to it.
INDEX := $(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null || echo $$PIP_INDEX_URL)
ifneq ($(INDEX),)
export UV_DEFAULT_INDEX ?= $(INDEX)
endif

# Where bytecode is not kept, each process that a test starts compiles the frameworks again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all check fuzz soak fmt bench notebooks docs first-path dist test-versions clients compare test-prereleases test-lowest clean

demo: $(VENV)/.demo
	$(BIN)/cncoding demo $(DEMO_ARGS)

# Matrices pairwise, everything else whole.
test: $(VENV)/.test
	$(BIN)/python -m pytest -m "not full" $(PYTEST_ARGS)

test-all: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.house

# So many examples for each property of tests/faults/test_fuzz.py; atheris, where it is installed, goes on from there.
FUZZ ?= 3000

fuzz: $(VENV)/.test
	CNCODING_FUZZ=$(FUZZ) $(BIN)/python -m pytest -p no:cacheprovider --timeout=3600 tests/faults/test_fuzz.py
	$(BIN)/python -m tests.faults.fuzz_bytes

# Mixed traffic with faults, for so many seconds.
SOAK ?= 1200

soak: $(VENV)/.test
	$(BIN)/python -m tests.faults.soak --seconds $(SOAK)

fmt: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m tests.house --write

# From the wheel, in environments that have what each notebook names: as it stands, and with keys in place of the emulator.
notebooks: $(VENV)/.test
	$(BIN)/python -m tests.run_notebooks --clean $(NOTEBOOKS_ARGS)

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

# The wheel in clean environments, each with the one extra that is named: the examples of README and docs run there.
first-path: $(VENV)/.test
	$(BIN)/python -m tests.docs.first_path $(FIRST_PATH_ARGS)

# What a release publishes, built and looked at as PyPI and a stranger will.
dist: $(VENV)/.test
	$(BIN)/python -m tests.docs.distributions dist

# Other people's programs against the emulator, each in an environment of its own; CI runs those that the tests have.
clients: $(VENV)/.test
	$(BIN)/python -m tests.clients $(CLIENTS_ARGS)

# The lowest and the newest framework versions that pyproject.toml admits, each in an environment of its own.
test-versions: $(BIN)/uv
	VENV=$(VENV) sh tests/versions.sh

test-prereleases: $(BIN)/uv
	VENV=$(VENV) sh tests/versions.sh prerelease

# The lowest versions of every dependency; LOWEST=smoke asks each door once and no more.
test-lowest: $(BIN)/uv
	VENV=$(VENV) sh tests/lowest.sh $(LOWEST)

# The peers bring vendors' SDKs along, which this project must run without: an environment of their own.
compare: $(VENV)-compare/.made
	$(VENV)-compare/bin/python -m benchmarks.compare_langchain --write
	$(VENV)-compare/bin/python -m tests.llamaindex.compare --write

$(VENV)-compare/.made: $(BIN)/uv pyproject.toml
	$(BIN)/uv venv --quiet --clear --python $(PYTHON) $(VENV)-compare
	$(UV) --python $(VENV)-compare/bin/python --editable '.[langchain,llamaindex,emulator]' \
	  langchain langgraph langchain-openai langchain-deepseek langchain-qwq langchain-openrouter langchain-litellm \
	  llama-index-llms-openai-like
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-* build dist site .pytest_cache .mypy_cache .ruff_cache

$(BIN)/uv: constraints.txt
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(VENV)/bin/python install --quiet pip; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	touch $@

$(VENV)/.demo: $(BIN)/uv pyproject.toml constraints.txt
	$(INSTALL) --editable '.[all]'
	touch $@

$(VENV)/.test: $(BIN)/uv pyproject.toml constraints.txt
	$(INSTALL) --editable '.[test,recipes]'
	touch $@

$(VENV)/.docs: $(BIN)/uv pyproject.toml constraints.txt
	$(INSTALL) --editable '.[docs]'
	touch $@

$(VENV)/.bench: $(BIN)/uv pyproject.toml constraints.txt
	$(INSTALL) --editable '.[bench]'
	touch $@
