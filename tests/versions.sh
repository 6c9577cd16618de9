#!/bin/sh
# The adapters' tests with the lowest and with the newest framework versions, each in an environment of its own.
#
# Newest is installed without looking at its dependencies: langchain-core 1.8 wants a certifi that not every index has
# yet, and nothing here depends on it.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
ROOT=${VENV:-.venv}-versions
PIP="-m pip install --quiet --disable-pip-version-check"

environment() { # name, extras, pip arguments ...
    name=$1
    extras=$2
    shift 2
    if [ ! -e "$ROOT/$name/.done" ]; then
        rm -rf "${ROOT:?}/$name"
        "$PYTHON" -m venv "$ROOT/$name"
        # shellcheck disable=SC2086
        "$ROOT/$name/bin/python" $PIP --editable ".[$extras]" "$@"
        touch "$ROOT/$name/.done"
    fi
}

run() { # name, packages to show, tests ...
    name=$1
    echo "== $name: $("$ROOT/$name/bin/python" -m pip list --disable-pip-version-check 2>/dev/null | grep -E "^($2) " | tr -s ' ' | tr '\n' ',')"
    shift 2
    "$ROOT/$name/bin/python" -m pytest -n 2 -q --no-header -p no:cacheprovider --disable-warnings "$@"
}

LANGCHAIN="tests/langchain/test_standard.py tests/langchain/test_reasoning_round_trip.py tests/langchain/test_agents.py tests/langchain/test_errors.py"
LLAMAINDEX="tests/llamaindex"

environment lowest test 'langchain-core==1.6.0' 'llama-index-core==0.14.24'
# shellcheck disable=SC2086
run lowest 'langchain-core|langchain|langgraph|llama-index-core' ${LANGCHAIN} ${LLAMAINDEX}

environment newest test --constraint constraints.txt
"$ROOT/newest/bin/python" $PIP --upgrade --no-deps langchain-core langchain langgraph langchain-tests llama-index-core
# shellcheck disable=SC2086
run newest 'langchain-core|langchain|langgraph|llama-index-core' ${LANGCHAIN} ${LLAMAINDEX}

# langchain-mcp-adapters speaks with mcp 1, llama-index-tools-mcp with mcp 2: they cannot live together.
environment mcp1 langchain,llamaindex,emulator,mcp 'mcp<2' langchain-mcp-adapters uv pytest pytest-asyncio pytest-socket pytest-timeout pytest-xdist
run mcp1 'mcp|langchain-mcp-adapters' tests/media/test_mcp.py
