#!/bin/sh
# The adapters' tests with the lowest and with the newest framework versions, each in an environment of its own.
# `sh tests/versions.sh [lowest|newest|mcp1|prerelease ...]`. Of the matrices it takes each value once, because pairs meet
# in `make test`; SELECT="not full" runs them as that does, SELECT="" whole.
#
# Newest is installed without looking at its dependencies: langchain-core 1.8 wants a certifi that not every index has
# yet, and nothing here depends on it.
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
ROOT=$VENV-versions
UV=$VENV/bin/uv
SELECT=${SELECT-not full and not pair}
export UV_LINK_MODE=copy

environment() { # name, extras, arguments of pip install ...
    name=$1
    extras=$2
    shift 2
    if [ ! -e "$ROOT/$name/.done" ]; then
        "$UV" venv --quiet --clear --python "$VENV/bin/python" "$ROOT/$name"
        "$UV" pip install --quiet --python "$ROOT/$name/bin/python" --editable ".[$extras]" "$@"
        touch "$ROOT/$name/.done"
    fi
}

run() { # name, packages to show, tests ...
    name=$1
    echo "== $name: $("$UV" pip list --quiet --python "$ROOT/$name/bin/python" | grep -E "^($2) " | tr -s ' ' | tr '\n' ',')"
    shift 2
    "$ROOT/$name/bin/python" -m pytest -n 2 --dist worksteal -q --no-header -p no:cacheprovider -m "$SELECT" "$@"
}

FRAMEWORKS='langchain-core|langchain|langgraph|llama-index-core'
TESTS="tests/langchain/test_standard.py tests/langchain/test_reasoning_round_trip.py tests/langchain/test_errors.py
    tests/langchain/test_agents.py tests/llamaindex/test_conformance.py tests/llamaindex/test_agents.py
    tests/llamaindex/test_structured_modes.py tests/llamaindex/test_engines.py tests/llamaindex/test_rag.py"

for name in ${*:-lowest newest mcp1}; do
    case $name in
    lowest)
        environment lowest test 'langchain-core==1.6.0' 'llama-index-core==0.14.24'
        # shellcheck disable=SC2086
        run lowest "$FRAMEWORKS" $TESTS
        ;;
    newest)
        environment newest test --constraint constraints.txt
        "$UV" pip install --quiet --python "$ROOT/newest/bin/python" --upgrade --no-deps \
            langchain-core langchain langgraph langchain-tests llama-index-core
        # shellcheck disable=SC2086
        run newest "$FRAMEWORKS" $TESTS
        ;;
    prerelease) # What comes next, as far as it is out; CI looks at it and does not depend on it.
        environment prerelease test,recipes --constraint constraints.txt
        "$UV" pip install --quiet --python "$ROOT/prerelease/bin/python" --upgrade --no-deps --prerelease allow \
            langchain-core langchain langgraph langchain-tests llama-index-core
        run prerelease "$FRAMEWORKS" -k 'private or Unit or qwen' tests/test_private_names.py \
            tests/langchain/test_standard.py tests/llamaindex/test_conformance.py
        ;;
    mcp1) # langchain-mcp-adapters speaks with mcp 1, llama-index-tools-mcp with mcp 2: they cannot live together.
        environment mcp1 langchain,llamaindex,emulator,mcp 'mcp<2' langchain langchain-mcp-adapters uv \
            hypothesis pytest pytest-asyncio pytest-socket pytest-timeout pytest-xdist
        run mcp1 'mcp|langchain-mcp-adapters' tests/media/test_mcp.py tests/langchain/test_mcp_adapters.py
        ;;
    esac
done
