#!/bin/sh
# The lowest versions that pyproject.toml admits, each extra in an environment of its own: every door is asked once.
# With `tests` the suites of core, command line, emulator and pages run too, on the lowest of all extras together.
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
ROOT=$VENV-lowest
UV=$VENV/bin/uv
export UV_LINK_MODE=copy

install() { # name, arguments of pip install ...
    name=$1
    shift
    "$UV" venv --quiet --clear --python "$VENV/bin/python" "$ROOT/$name"
    "$UV" pip install --quiet --python "$ROOT/$name/bin/python" --resolution lowest-direct "$@"
}

for extra in langchain llamaindex cli pages mcp; do
    install "$extra" --editable ".[$extra,emulator]"
    echo "== lowest $extra: $("$UV" pip list --quiet --python "$ROOT/$extra/bin/python" |
        grep -E '^(httpx|pydantic|langchain-core|llama-index-core|typer|rich|pillow|mcp|numpy|pypdfium2|starlette) ' |
        tr -s ' ' | tr '\n' ',')"
    "$ROOT/$extra/bin/python" tests/lowest_smoke.py core "$extra"
done

[ "${1:-}" = tests ] || exit 0
install all --editable '.[all,mcp]'
"$UV" pip freeze --quiet --exclude-editable --python "$ROOT/all/bin/python" >"$ROOT/all/lowest.txt"
"$UV" pip install --quiet --python "$ROOT/all/bin/python" --constraint "$ROOT/all/lowest.txt" \
    anthropic grimp hypothesis langchain langgraph langgraph-checkpoint-sqlite openai pexpect reportlab tomli trio \
    pytest pytest-asyncio pytest-socket pytest-timeout pytest-xdist
# Old packages warn about one another: typer 0.16 about click 8.5.
"$ROOT/all/bin/python" -m pytest -n 2 --dist worksteal -q --no-header -p no:cacheprovider -m "not full" \
    -W ignore::DeprecationWarning tests/contract tests/wire tests/cli/test_commands.py tests/cli/test_jobs.py \
    tests/pages tests/emulator/test_rules.py tests/emulator/test_vision.py tests/emulator_media/test_pictures.py \
    tests/langchain/test_messages.py tests/langchain/test_errors.py tests/langchain/test_agents.py \
    tests/llamaindex/test_blocks.py tests/llamaindex/test_agents.py
